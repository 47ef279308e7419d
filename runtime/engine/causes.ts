/** Errors and their causes. Only own data properties are read: a getter would run code of the author. */

/** The error and its causes, outermost first. Ends at what is no error, and where a chain closes on itself. */
export function* errorsOf(thrown: unknown): Iterable<Error> {
  const seen = new Set<unknown>();
  for (let at = thrown; at instanceof Error && !seen.has(at); at = causeOf(at)) {
    seen.add(at);
    yield at;
  }
}

/** What an AggregateError holds. */
export function joinedBy(error: AggregateError): readonly unknown[] {
  const errors: unknown = Object.getOwnPropertyDescriptor(error, "errors")?.value;
  return Array.isArray(errors) ? errors : [];
}

function causeOf(error: Error): unknown {
  return Object.getOwnPropertyDescriptor(error, "cause")?.value;
}
