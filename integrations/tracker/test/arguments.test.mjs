import assert from 'node:assert/strict'
import { test } from 'node:test'
import { source } from './source.mjs'

globalThis.window = globalThis.document = {}
const { sort } = await source('events/arguments.ts')
const data = { plan: 'pro' }
const options = { integrations: { All: false } }
const done = () => {}

test('everything in its place', () => {
  assert.deepEqual(sort(['Bought', data, options, done]), [['Bought'], data, options, done])
})

test('a callback may come instead of anything after the name', () => {
  assert.deepEqual(sort(['Bought', done]), [['Bought'], {}, {}, done])
  assert.deepEqual(sort(['Bought', data, done]), [['Bought'], data, {}, done])
})

test('null keeps the place of properties', () => {
  assert.deepEqual(sort(['Bought', null, options]), [['Bought'], {}, options, undefined])
})

test('null before a name or instead of one is nothing', () => {
  assert.deepEqual(sort([null, 'Home', data]), [['Home'], data, {}, undefined])
  assert.deepEqual(sort([null, data, options]), [[], data, options, undefined])
})

test('category and name', () => {
  assert.deepEqual(sort(['Docs', 'Home', data]), [['Docs', 'Home'], data, {}, undefined])
})

test('ids that are numbers become texts', () => {
  assert.deepEqual(sort([97980, data]), [['97980'], data, {}, undefined])
})

test('lists, dates and booleans are no properties', () => {
  assert.deepEqual(sort(['Bought', [1], new Date(), true]), [['Bought'], {}, {}, undefined])
})
