import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SpecError } from '../../core/errors.ts';
import { makeFolder } from '../../core/folder.ts';
import { ReportFile } from '../../core/report-file.ts';

const root = mkdtempSync(join(tmpdir(), 'throughline-report-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('nobody sees half a report: the old one stays until the new one is whole', () => {
  const path = join(root, 'a/b/report.xml');
  new ReportFile(path, 'junit').finish(['old']);
  const file = new ReportFile(path, 'junit');
  file.finish(
    (function* () {
      yield 'new ';
      expect(readFileSync(path, 'utf8')).toBe('old');
      yield 'one';
    })(),
  );
  expect(readFileSync(path, 'utf8')).toBe('new one');
  expect(readdirSync(join(root, 'a/b'))).toEqual(['report.xml']);
});

test('a report that fails half-way, and one that is dropped, leave what was there', () => {
  const path = join(root, 'kept.xml');
  writeFileSync(path, 'old');
  const broken = (function* () {
    yield 'half';
    throw new Error('no more room');
  })();
  const file = new ReportFile(path, 'junit');
  expect(() => file.finish(broken)).toThrow(
    new SpecError(`${path} cannot be written: no more room`, 'name another place: --reporter junit=PATH'),
  );
  new ReportFile(path, 'junit').drop();
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(existsSync(`${path}.part`)).toBe(false);
});

test('a link stays a link, and its file gets the report', () => {
  writeFileSync(join(root, 'target.html'), 'old');
  symlinkSync(join(root, 'target.html'), join(root, 'link.html'));
  new ReportFile(join(root, 'link.html'), 'html').finish(['new']);
  expect(lstatSync(join(root, 'link.html')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(root, 'target.html'), 'utf8')).toBe('new');
});

test('a pipe is written in place and stays a pipe: the same holds for terminals and devices', async () => {
  const pipe = join(root, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = spawn('cat', [pipe]);
  let read = '';
  reader.stdout.on('data', (piece: Buffer) => {
    read += String(piece);
  });
  new ReportFile(pipe, 'junit').finish(['whole ', 'report']);
  await new Promise((resolve) => reader.once('close', resolve));
  expect(read).toBe('whole report');
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  expect(existsSync(`${pipe}.part`)).toBe(false);
});

test('a place that cannot be written is refused before the run, and at once', () => {
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'file'), '');
  const said = (path: string) => {
    try {
      new ReportFile(join(root, path), 'html').drop();
      return 'written';
    } catch (error) {
      return error instanceof SpecError ? error.message.replaceAll(root, 'ROOT') : String(error);
    }
  };
  expect(said('folder')).toMatchInlineSnapshot(`
    "ROOT/folder cannot be written: it is a folder
        hint: name another place: --reporter html=PATH"
  `);
  expect(said('file/report.html')).toMatchInlineSnapshot(`
    "ROOT/file/report.html cannot be written: EEXIST: file already exists, mkdir 'ROOT/file'
        hint: name another place: --reporter html=PATH"
  `);
  expect(() => makeFolder('/proc/throughline/report')).toThrow(/ENOENT|EACCES|EROFS/);
});

test('folders are made as deep as needed, and a file in the way is an error', () => {
  makeFolder(join(root, 'x/y/z'));
  makeFolder(join(root, 'x/y/z'));
  expect(lstatSync(join(root, 'x/y/z')).isDirectory()).toBe(true);
  writeFileSync(join(root, 'x/file'), '');
  expect(() => makeFolder(join(root, 'x/file'))).toThrow(/EEXIST/);
  expect(() => makeFolder(join(root, 'x/file/below'))).toThrow(/EEXIST|ENOTDIR/);
});
