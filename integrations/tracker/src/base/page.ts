/** The page around the library, and the ways to touch it without ever throwing into it. */

export const win = window as any
export const doc = document

/** Runs what may fail for reasons that are nobody's mistake: blocked storage, foreign values. */
export const attempt = <T>(run: () => T): T | undefined => {
  try {
    return run()
  } catch (blocked) {
    return undefined
  }
}

/** Runs code of the page (callbacks, listeners); its errors are shown and go no further. */
export const call = (run: any, ...args: any[]): any => {
  try {
    return run(...args)
  } catch (mistake) {
    console.error(mistake)
  }
}

export const listen = (target: EventTarget, names: string, run: (event: any) => void) =>
  names.split(' ').forEach((name) => target.addEventListener(name, run))

/** Waits for something that another script brings, asking ever less often. */
export const until = <T>(find: () => T | undefined, run: (found: T) => void, within: number, wait = 50) => {
  const found = attempt(find)
  if (found) run(found)
  else if (within > 0) setTimeout(() => until(find, run, within - wait, wait * 1.3), wait)
}

/** A value by dotted path. */
export const dig = (value: any, path?: string): any =>
  path ? path.split('.').reduce((at, name) => (at == null ? at : at[name]), value) : value

export const isObject = (value: any): boolean => ({}).toString.call(value) == '[object Object]'
