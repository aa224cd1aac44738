/** Tells plain objects from all else. */

export const isObject = (value: any): boolean => ({}).toString.call(value) == '[object Object]'
