/** Finds query parameters. */

const seen: Record<string, string[]> = {}

/** All values of a parameter, of the page's address or of the last one before it that had any. */
export const parameter = (name: string): string[] => {
  const values = new Set(new URLSearchParams(location.search).getAll(name))
  return (seen[name] = values.size ? [...values] : seen[name] || [])
}
