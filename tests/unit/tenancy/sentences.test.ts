import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';
import { projectDirectory } from '../../../scripts/hosts/child.ts';
import { LOCALES, readTexts } from '../../../scripts/texts.ts';
import { counted, listed } from '../../../src/tenancy/doctor/report.ts';
import { say, speakBy } from '../../../src/tenancy/sentences.ts';

/** What people are told over HTTP is made here; the command line and the client speak English. */
const SOURCES = globSync(['src/{tenancy,services,endpoints}/**/*.ts', 'src/hooks/**/*.ts'], {
  cwd: projectDirectory,
  exclude: [
    'src/hooks/cli/**',
    'src/endpoints/tenancy/openapi/**',
    'src/tenancy/**/*text.ts',
    'src/tenancy/sentences.ts',
  ],
}).map((file) =>
  ts.createSourceFile(file, readFileSync(join(projectDirectory, file), 'utf8'), ts.ScriptTarget.Latest, true),
);

/** Properties of errors and findings that hold sentences. */
const TOLD = new Set(['reason', 'fix']);

function everyNode(visit: (node: ts.Node) => void): void {
  const walk = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, walk);
  };

  for (const source of SOURCES) walk(source);
}

/** The text of literals, of several joined by `+`, and of a constant that is made of such. */
function textOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  if (ts.isIdentifier(node)) return constants.get(node.text);

  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    return left === undefined || right === undefined ? undefined : left + right;
  }

  return undefined;
}

const constants = new Map<string, string>();

everyNode((node) => {
  if (!ts.isVariableDeclaration(node) || !ts.isIdentifier(node.name) || !node.initializer) return;
  const text = textOf(node.initializer);
  if (text !== undefined) constants.set(node.name.text, text);
});

const placeOf = (node: ts.Node): string => {
  const source = node.getSourceFile();
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
};

/** Every sentence of the code, and the calls whose sentence is not written where it is said. */
const said = new Set<string>();
const unwritten: string[] = [];

everyNode((node) => {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return;
  const [first, second, third] = node.arguments;

  if (node.expression.text === 'say' && first) {
    const text = textOf(first);
    if (text === undefined) unwritten.push(placeOf(node));
    else said.add(text);
  }

  if (node.expression.text === 'counted' && second) {
    const one = textOf(second);
    const many = third ? textOf(third) : one && `${one}s`;
    for (const noun of [one, many]) if (noun !== undefined) said.add(noun);
  }

  if (node.expression.text === 'expected' && first) {
    const what = textOf(first);
    if (what !== undefined) said.add(what);
  }
});

const namesIn = (sentence: string): string[] => [...new Set(sentence.match(/\{\w+\}/g))].sort();

describe('the sentences of the server', () => {
  it('are said where people are told something', () => {
    const unsaid: string[] = [];

    everyNode((node) => {
      if (!ts.isPropertyAssignment(node) || !ts.isIdentifier(node.name) || !TOLD.has(node.name.text)) return;
      const { initializer } = node;
      const isWritten = ts.isTemplateExpression(initializer) || textOf(initializer) !== undefined;
      if (isWritten) unsaid.push(placeOf(node));
    });

    expect(unsaid).toEqual([]);
  });

  it('are written where they are said', () => {
    // What the callers of `counted` and `expected` write is looked up in one place each.
    expect(unwritten.map((place) => place.replace(/:\d+$/, '')).sort()).toEqual([
      'src/endpoints/tenancy/http.ts',
      'src/tenancy/doctor/report.ts',
    ]);
  });

  it.each(LOCALES)('are all there in %s, and no others', (locale) => {
    const known = Object.keys(readTexts(locale));
    expect(known.filter((sentence) => !said.has(sentence))).toEqual([]);
    expect([...said].filter((sentence) => !known.includes(sentence))).toEqual([]);
  });

  it.each(LOCALES)('have the same values in %s', (locale) => {
    for (const [english, sentence] of Object.entries(readTexts(locale))) {
      expect({ english, names: namesIn(sentence) }).toEqual({ english, names: namesIn(english) });
    }
  });
});

describe('say', () => {
  afterEach(() => speakBy(() => undefined));

  it('speaks English until it is told otherwise', () => {
    expect(say('{count} of "{name}"', { count: 2, name: 'acme' })).toBe('2 of "acme"');
  });

  it('takes the sentence of the language that is spoken now, and English where it has none', () => {
    speakBy(() => ({ 'of "{name}"': 'von „{name}“' }));
    expect(say('of "{name}"', { name: 'acme' })).toBe('von „acme“');
    expect(say('in "{name}"', { name: 'acme' })).toBe('in "acme"');
  });

  it('leaves values as they are', () => {
    expect(say('"{name}" or {other}', { name: '{other} $1', other: 'none' })).toBe('"{other} $1" or none');
    expect(say('an object like {key}')).toBe('an object like {key}');
  });

  it('says numbers and lists', () => {
    speakBy(() => readTexts('de-DE'));
    expect(counted(1, 'row')).toBe('1 Eintrag');
    expect(counted(2, 'row')).toBe('2 Einträge');
    expect(listed(['a', 'b', 'c'])).toBe('a, b und c');
    expect(listed(['a'], 9)).toBe('a und 8 weitere');
  });
});
