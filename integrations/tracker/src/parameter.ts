/** Finds query parameters. */

const seen: Record<string, string | null> = {}

/** A query parameter of the page's address, or of an address that it had before. */
export const parameter = (name: string): string | null | undefined =>
  (seen[name] = new URLSearchParams(location.search).get(name) || seen[name])
