/** Listens to what happens to the page. */

export const listen = (target: EventTarget, names: string, run: (event: any) => void) =>
  names.split(' ').forEach((name) => target.addEventListener(name, run))
