/**
 * Minifies src/ as one program, cuts it into modules again and writes built/modules.json.
 *
 *     node build.mjs           write built/modules.json and mangle-cache.json
 *     node build.mjs --check   fail when they differ from what the sources give
 *
 * How the cutting works: every source file is given a `debugger` statement in front, which the minifier
 * neither moves nor merges across; the output is split there.
 */

import { build } from 'esbuild'
import { gzipSync as measured } from 'fflate' // the same bytes on every machine, unlike Node's zlib
import { readFileSync, readdirSync, writeFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { weigh } from './budgets.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, 'src')
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))

/** Modules in the order in which they stand in a file: a single src/<name>.ts or a folder src/<name>/. */
const MODULES = `
  base forget ids adoption objects dig listen until parameter
  consent consent_onetrust consent_cookiebot consent_tcf consent_gpp consent_gpc consent_google_consent_mode
  consent_custom_cookie
  events queue session campaign click_ids timezone links views spa page_on_load
  sync sync_request sync_hashes sync_fetch sync_match_pixel sync_url_params sync_local_storage sync_cookie
  sync_generate sync_callback
  standalone start
`.trim().split(/\s+/)
const WRAP = { before: '($=>{', between: '})(', after: ');' }

const sourceOf = (name) => (existsSync(join(source, name + '.ts')) ? name + '.ts' : name + '/index.ts')
const moduleOf = (path) => relative(source, path).replace(/\.ts$/, '').split(/[\\/]/)[0]

async function compile(mangleCache) {
  const files = [] // in the order of the output
  const marks = {
    name: 'marks',
    setup: (esbuild) =>
      esbuild.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
        contents: `debugger;__file__(${JSON.stringify(relative(source, path))});` + readFileSync(path, 'utf8'),
        loader: 'ts',
      })),
  }
  const result = await build({
    stdin: {
      contents: MODULES.map((name) => `import './${sourceOf(name)}'`).join('\n'),
      resolveDir: source,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    target: 'es2019',
    charset: 'ascii',
    legalComments: 'none',
    mangleProps: /^_[a-z]/,
    mangleCache: { ...mangleCache },
    define: { VERSION: JSON.stringify(version) },
    plugins: [marks],
    absWorkingDir: source,
  })
  const code = {}
  const parts = result.outputFiles[0].text.split('debugger;')
  if (parts.shift().trim()) throw new Error('The output does not begin with a mark.')
  for (const part of parts) {
    const [mark, path] = /^__file__\("([^"]+)"\)[,;]?/.exec(part) ?? []
    if (!mark) throw new Error('A mark was lost: ' + part.slice(0, 60))
    const name = moduleOf(join(source, path))
    files.push(path)
    code[name] = (code[name] ?? '') + part.slice(mark.length).trim()
  }
  return { code, files, mangled: result.mangleCache, inputs: result.metafile.inputs }
}

function requiresOf(name, inputs) {
  const needed = new Set()
  for (const [path, input] of Object.entries(inputs))
    if (path !== '<stdin>' && moduleOf(join(source, path)) === name)
      for (const one of input.imports) needed.add(moduleOf(join(source, one.path)))
  needed.delete(name)
  return MODULES.filter((one) => needed.has(one))
}

/** The first comment of a module's (main) file, up to its first empty line. */
function aboutOf(name) {
  const [, text] = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(join(source, sourceOf(name)), 'utf8')) ?? []
  if (!text) throw new Error(`${name} has no comment that says what it is for.`)
  return text.replace(/^\s*\* ?/gm, '').trim().split('\n\n')[0].replace(/\s+/g, ' ').trim()
}

function namesOf(mangled) {
  const members = readFileSync(join(source, 'config.ts'), 'utf8').match(/^ {2}_\w+(?=\??:)/gm).map((one) => one.trim())
  const entries = [...new Set(members)].sort().map((one) => [one.slice(1), mangled[one]])
  for (const [name, short] of entries) if (!short) throw new Error(`No module reads ${name} of config.ts.`)
  return Object.fromEntries(entries)
}

export function closure(names, modules) {
  const found = new Set()
  const add = (name) => {
    if (!modules[name]) throw new Error('There is no module ' + name)
    if (!found.has(name)) modules[name].requires.forEach(add)
    found.add(name)
  }
  names.forEach(add)
  return MODULES.filter((name) => found.has(name))
}

export const assemble = (names, modules, literal = '{}') =>
  WRAP.before + closure(names, modules).map((name) => modules[name].code).join('') + WRAP.between + literal + WRAP.after

/** What a file grows by with this module (in a plain file that has all it requires). */
function price(name, modules) {
  const bytes = (names) => measured(new TextEncoder().encode(names.map((one) => modules[one].code).join('')), { level: 9 }).length
  const plain = name === 'standalone' ? ['start', 'sync'] : ['start', 'events']
  const withIt = closure([...plain, name], modules)
  return bytes(withIt) - bytes(withIt.filter((one) => one !== name))
}

async function make() {
  const cachePath = join(here, 'mangle-cache.json')
  const cache = existsSync(cachePath) ? JSON.parse(readFileSync(cachePath, 'utf8')) : {}
  const { code, files, mangled, inputs } = await compile(cache)
  const modules = {}
  MODULES.forEach((name, index) => {
    if (!code[name]) throw new Error(`Module ${name} came out empty.`)
    modules[name] = { about: aboutOf(name), requires: requiresOf(name, inputs), order: index, gzip: 0, code: code[name] }
  })
  for (const name of MODULES) modules[name].gzip = price(name, modules)
  // A name that no source has any more gives its short one back.
  const used = new Set(files.flatMap((path) => readFileSync(join(source, path), 'utf8').match(/\b_[a-z]\w*/g)))
  const sorted = Object.fromEntries(
    Object.entries(mangled)
      .filter(([name]) => used.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  const built = { version, wrap: WRAP, names: namesOf(mangled), modules }
  return {
    built,
    files: {
      'mangle-cache.json': JSON.stringify(sorted, null, 1) + '\n',
      'built/modules.json': JSON.stringify(built, null, 1) + '\n',
    },
  }
}

const { built, files } = await make()
weigh(built, assemble)
const isCheck = process.argv.includes('--check')
for (const [path, text] of Object.entries(files)) {
  const full = join(here, path)
  if (!isCheck) {
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
  } else if (!existsSync(full) || readFileSync(full, 'utf8') !== text) {
    console.error(`${path} is not what the sources give. Run: make tracker`)
    process.exitCode = 1
  }
}
