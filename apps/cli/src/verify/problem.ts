/** What is wrong, and what to do about it. Neither holds a value: key ids, columns, counts and places alone. */
export interface Problem {
  readonly code: string;
  readonly what: string;
  readonly next: string;
  /** `<table> (<page>,<row>)`, a few of them; none of them where the table is a view. */
  readonly places?: readonly string[];
}
