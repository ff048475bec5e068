// Reads what a source file imports: static, dynamic, `import type`, `export from`, import types, require, workers by
// `new URL('./x.ts', import.meta.url)`; in .ts, .mjs, .js and .svelte files alike.
//
// Refuses nothing: an import whose target is not a plain text comes back as `null`, for the caller to judge.
import { parse } from 'svelte/compiler';
import ts from 'typescript';

export type Import = { readonly target: string | null; readonly typesOnly: boolean };

export function readImports(file: string, text: string): readonly Import[] {
  return file.endsWith('.svelte') ? readSvelteImports(text) : readScriptImports(file, text);
}

function readScriptImports(file: string, text: string): readonly Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, typesOnly: boolean) =>
    found.push({ target: node && ts.isStringLiteralLike(node) ? node.text : null, typesOnly });
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importsTypesOnly(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier)
      add(node.moduleSpecifier, node.isTypeOnly || exportsTypesOnly(node));
    else if (ts.isImportTypeNode(node)) add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node, true);
    else if (ts.isExternalModuleReference(node)) add(node.expression, false);
    else if (ts.isCallExpression(node) && isImportCall(node)) add(node.arguments[0], false);
    else if (ts.isNewExpression(node) && isUrlOfThisModule(node)) add(node.arguments?.[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}

const importsTypesOnly = (clause: ts.ImportClause | undefined): boolean => {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  return !clause.name && !!named && ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly);
};

const exportsTypesOnly = (node: ts.ExportDeclaration): boolean =>
  !!node.exportClause &&
  ts.isNamedExports(node.exportClause) &&
  node.exportClause.elements.every((element) => element.isTypeOnly);

const isImportCall = (node: ts.CallExpression): boolean =>
  node.expression.kind === ts.SyntaxKind.ImportKeyword ||
  (ts.isIdentifier(node.expression) && node.expression.text === 'require') ||
  node.expression.getText() === 'import.meta.resolve';

const isUrlOfThisModule = (node: ts.NewExpression): boolean => {
  const [target, base] = node.arguments ?? [];
  return (
    node.expression.getText() === 'URL' &&
    base?.getText() === 'import.meta.url' &&
    !!target &&
    ts.isStringLiteralLike(target) &&
    /^\.{1,2}\/.*\.(ts|js|mjs|svelte)$/.test(target.text)
  );
};

type Node = { readonly type: string; readonly [key: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

const textOf = (node: unknown): string | null => {
  if (!isNode(node)) return null;
  if (node.type === 'TSLiteralType') return textOf(node['literal']);
  return typeof node['value'] === 'string' ? node['value'] : null;
};

const everyIsType = (items: unknown, kind: string): boolean =>
  Array.isArray(items) && items.length > 0 && items.every((item) => isNode(item) && item[kind] === 'type');

function readSvelteImports(text: string): readonly Import[] {
  const found: Import[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null) return;
    if (isNode(value)) addImportOf(value, found);
    for (const [key, child] of Object.entries(value)) if (key !== 'parent') visit(child);
  };
  const { instance, module, fragment } = parse(text, { modern: true });
  visit([instance, module, fragment]);
  return found;
}

function addImportOf(node: Node, found: Import[]): void {
  const typesOnly =
    node['importKind'] === 'type' ||
    node['exportKind'] === 'type' ||
    everyIsType(node['specifiers'], node.type === 'ImportDeclaration' ? 'importKind' : 'exportKind');
  if (
    node.type === 'ImportDeclaration' ||
    node.type === 'ExportAllDeclaration' ||
    node.type === 'ExportNamedDeclaration'
  ) {
    if (node['source']) found.push({ target: textOf(node['source']), typesOnly });
  } else if (node.type === 'ImportExpression') found.push({ target: textOf(node['source']), typesOnly: false });
  else if (node.type === 'TSImportType') found.push({ target: textOf(node['argument']), typesOnly: true });
}
