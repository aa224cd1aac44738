/**
 * What a file is configured with, as Python writes it into the file (integrations/core/tracking_file/literal.py).
 *
 * The members are those of `FileConfig` in config.py, in camelCase and with a leading underscore here. The
 * underscore marks them for the minifier: built/modules.json `names` says what `writeKey` is called in the
 * built modules. Rules of the literal:
 *   - a member that `names` lacks is left out (the browser has no use for it);
 *   - a member that is false, 0, "" or an empty list is left out: everything marked `?` reads as that;
 *   - booleans are written 1;
 *   - keys that a customer chose (query, body, headers, paths) are pairs in an array, never object keys.
 */

export interface Config {
  /** The primary write key. */
  _writeKey: string
  /** `/v1/b` is appended; no slash at the end. */
  _ingestionUrl: string
  /** The global that pages call, such as "analytics". */
  _libraryName: string
  /** Before every cookie and localStorage key that the file sets. Never empty: a withdrawal forgets all that begins with it. */
  _storagePrefix: string
  _cookies: CookieConfig
  /** Absent: the file knows no consent at all. */
  _consent?: ConsentConfig
  _syncs?: SyncConfig[]
  /** Events in one request at most. */
  _batchSize: number
  /** 0: what one task of the page sends goes together. */
  _batchWaitMs?: number
  /** Minutes of quiet that end a session. Module `session`. */
  _sessionMinutes?: number
  /** Days that utm_* parameters are kept. Module `campaign`. */
  _keepsCampaignDays?: number
  /** Query parameters kept as context.clickIds.<parameter>. Module `click_ids`. */
  _clickIds?: string[]
  _keepsClickIdsDays?: number
  _clickIdCategories?: string[]
}

export interface CookieConfig {
  /** Without a leading dot. Absent: found by probing. */
  _domain?: string
  _lifetimeDays: number
  _sameSite: string
  /** Set on https pages only. Must be 1 with SameSite=None. */
  _secure?: number
}

export interface ConsentConfig {
  /** 1: silence is no. Absent: silence is yes. */
  _explicit?: number
  _categories?: CategoryConfig[]
  /** "hold" or "send". */
  _before: string
  _storageCategories?: string[]
  /** Module `consent_custom_cookie`. */
  _customCookie?: CustomCookieConfig
}

export interface CategoryConfig {
  _code: string
  _cmpCodes?: string[]
  _tcfPurposes?: number[]
  _gppFields?: string[]
  _isSaleOrSharing?: number
}

export interface CustomCookieConfig {
  _name: string
  /** "json", "pairs" or "list". */
  _format: string
  /** Dotted, json only. */
  _path?: string
}

export interface SyncConfig {
  _provider: string
  /**
   * The ids that this sync stores, never empty; Python works them out by method: urlParams its parameters,
   * fetch the first members of its paths, matchPixel ["beaconFired"], all others [sync.id].
   */
  _ids: string[]
  /** A name of `Method` in config.py. Module `sync_<method in snake case>`. */
  _method: string
  _options: SyncOptions
  _lifetimeDays: number
  _categories?: string[]
  /** Storage name of the (only) id instead of <prefix><provider>_<id>. */
  _cookie?: string
  _resync?: number
  _timeoutMs: number
}

/** The members of all methods' options; each method reads its own. */
export interface SyncOptions {
  /** fetch, matchPixel */
  _url?: string
  /** fetch: "POST"; left out for GET */
  _httpMethod?: string
  /** fetch */
  _credentials?: number
  /** fetch, matchPixel */
  _query?: [string, string][]
  /** fetch */
  _body?: [string, string][]
  /** fetch */
  _headers?: [string, string][]
  /** fetch: (id, dotted path in the answer) */
  _paths?: [string, string][]
  /** urlParams has nothing here: its parameters are the sync's ids. */
  /** localStorage */
  _key?: string
  /** localStorage: dotted path in the item's JSON */
  _path?: string
  /** cookie */
  _name?: string
  /** cookie */
  _skipParts?: number
  /** generate */
  _format?: string
  /** callback */
  _function?: string
}

/** The literal; the assembled file passes it to the function around all modules. */
declare global {
  const $: Config
}
