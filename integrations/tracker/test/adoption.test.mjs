import assert from 'node:assert/strict'
import { test } from 'node:test'
import { source } from './source.mjs'

globalThis.window = {}
globalThis.document = { cookie: '' }
globalThis.localStorage = {}
globalThis.$ = { _storagePrefix: '_s2s_' }
const { adopted } = await source('adoption.ts')

const given = (cookie, local = {}) => {
  document.cookie = cookie
  globalThis.localStorage = local
  return adopted()
}

test('nothing to adopt', () => assert.equal(given('a=1; my_ajs_anonymous_id=x'), undefined))
test("Segment's id, raw", () => assert.equal(given('a=1; ajs_anonymous_id=id-1'), 'id-1'))
test("Segment's id, quoted", () => assert.equal(given('ajs_anonymous_id="id-1"'), 'id-1'))
test("Segment's id, encoded", () => assert.equal(given('ajs_anonymous_id=%22id-1%22'), 'id-1'))
test("Segment's id in localStorage", () => assert.equal(given('', { ajs_anonymous_id: '"id-1"' }), 'id-1'))
test("RudderStack's id", () => assert.equal(given(`rl_anonymous_id=RS_ENC_v3_${btoa('"id-2"')}`), 'id-2'))
test("RudderStack's id, encoded", () => {
  assert.equal(given('rl_anonymous_id=' + encodeURIComponent(`"RS_ENC_v3_${btoa('"id-22"')}"`)), 'id-22')
})
test("RudderStack's id, plain", () => assert.equal(given('rl_anonymous_id=%22id-2%22'), 'id-2'))
test('what only RudderStack can read is no id', () => {
  assert.equal(given('rl_anonymous_id=RudderEncrypt%3AU2FsdGVk'), undefined)
})
test('no id out of broken base64', () => assert.equal(given('rl_anonymous_id=RS_ENC_v3_!!'), undefined))
test("Segment's id goes first", () => assert.equal(given('rl_anonymous_id=b; ajs_anonymous_id=a'), 'a'))
