/** Random ids, from what pages without https have too. */

export const hex = (bytes: number): string =>
  [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => (byte + 256).toString(16).slice(1)).join('')

/** A version 4 UUID; two of its 122 random bits are always those of an "a". */
export const uuid = (): string => hex(16).replace(/(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-a$4-')
