/** The page around the library, and the ways to touch it without ever throwing into it. */

export const win = window as any
export const doc = document

/** Runs what may fail for reasons that are nobody's mistake: blocked storage, foreign values. */
export const attempt = <T>(run: () => T): T | undefined => {
  try {
    return run()
  } catch (blocked) {}
}

/** Runs code of the page (callbacks, listeners); its errors are shown and go no further. */
export const call = (run: any, ...args: any[]): any => {
  try {
    return run(...args)
  } catch (mistake) {
    console.error(mistake)
  }
}
