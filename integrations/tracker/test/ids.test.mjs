import assert from 'node:assert/strict'
import { test } from 'node:test'
import { source } from './source.mjs'

const { hex, uuid } = await source('ids.ts')

test('hex has two digits for every byte', () => {
  for (let i = 0; i < 200; i++) assert.match(hex(16), /^[0-9a-f]{32}$/)
})

test('uuids are of version 4 and differ', () => {
  const all = Array.from({ length: 1000 }, uuid)
  for (const one of all) assert.match(one, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  assert.equal(new Set(all).size, 1000)
})
