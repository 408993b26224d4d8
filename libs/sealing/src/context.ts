/** What a quarantined body is bound to: it opens only as the body of this message of this pipeline. */
export function quarantineContext(pipeline: string, messageId: string): string {
  return `masque/quarantine/v1/${pipeline}/${messageId}`;
}
