/** What is wrong, and what to do about it. Neither holds a value: key ids, columns, counts and places alone. */
export interface Problem {
  readonly code: string;
  readonly what: string;
  readonly next: string;
  /** `<table> (<page>,<row>)`, a few of them. */
  readonly places?: readonly string[];
}
