/** Random ids, from what pages without https have too. */

export const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => (byte + 256).toString(16).slice(1)).join('')

/** A version 4 UUID. */
export const uuid = (): string =>
  hex(16).replace(
    /(.{8})(.{4}).(.{3})(.)(.{3})/,
    (_, a, b, c, variant, d) => `${a}-${b}-4${c}-${'89ab'[parseInt(variant, 16) & 3]}${d}-`,
  )
