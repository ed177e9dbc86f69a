/** Reads a source file as architecture.test.ts needs it: what it imports and which globals it uses. Comments, strings, property names and shadowed names do not count. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root: string = fileURLToPath(new URL('..', import.meta.url));

export interface Import {
  /** A path from the root for a relative import, else the specifier itself. */
  readonly target: string;
  readonly type: boolean;
  readonly line: number;
}
export interface Source {
  readonly path: string;
  readonly imports: readonly Import[];
  /** Global names as they are used: `Date`, `Math.exp`, `crypto.randomUUID`; a bare `Math` is an alias or a computed member. `**` and `top-level await` too. */
  readonly uses: readonly { readonly name: string; readonly line: number }[];
  readonly lines: number;
  /** The comment the file begins with. */
  readonly header: string;
}

/** Every TypeScript file under a folder of the repository, as paths from the root. */
export function list(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.ts'))
    .sort();
}

export const read = (path: string): Source => parse(path, readFileSync(join(root, path), 'utf8'));

export function parse(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const line = (node: ts.Node): number => file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  const imports: Import[] = [];
  const uses: { name: string; line: number }[] = [];
  const declared = new Set<string>();

  const add = (node: ts.Node | undefined, type: boolean): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) imports.push({ target: resolve(path, node.text), type, line: line(node) });
  };
  const declare = (node: ts.Node): void => {
    const named = node as ts.NamedDeclaration;
    const declares =
      ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node) || ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) || ts.isClassDeclaration(node) ||
      ts.isImportSpecifier(node) || ts.isNamespaceImport(node) || ts.isImportClause(node) || ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeParameterDeclaration(node);
    // `const { document } = globalThis` declares nothing of its own.
    const ofGlobal = ts.isBindingElement(node) && initializer(node) !== undefined && /^(globalThis|self|window|Math)$/.test(initializer(node)!.getText());
    if (ofGlobal) uses.push({ name: `${initializer(node)!.getText() === 'Math' ? 'Math.' : ''}${((node as ts.BindingElement).propertyName ?? node.name).getText()}`, line: line(node) });
    else if (declares && named.name !== undefined && ts.isIdentifier(named.name)) declared.add(named.name.text);
    ts.forEachChild(node, declare);
  };
  declare(file);

  const visit = (node: ts.Node, inFunction: boolean): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, erased(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly || (node.exportClause !== undefined && ts.isNamedExports(node.exportClause) && node.exportClause.elements.length > 0 && node.exportClause.elements.every((item) => item.isTypeOnly)));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false);
    else if (ts.isIdentifier(node) && isUse(node) && !declared.has(node.text)) uses.push({ name: member(node), line: line(node) });
    else if (ts.isBinaryExpression(node) && [ts.SyntaxKind.AsteriskAsteriskToken, ts.SyntaxKind.AsteriskAsteriskEqualsToken].includes(node.operatorToken.kind)) uses.push({ name: '**', line: line(node.operatorToken) });
    if (!inFunction && (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined))) uses.push({ name: 'top-level await', line: line(node) });
    const deeper = inFunction || ts.isFunctionLike(node) || ts.isPropertyDeclaration(node);
    ts.forEachChild(node, (child) => visit(child, deeper));
  };
  visit(file, false);
  const comment = ts.getLeadingCommentRanges(text, text.startsWith('#!') ? text.indexOf('\n') + 1 : 0)?.[0];
  return { path, imports, uses, lines: text.split('\n').length - 1, header: comment === undefined ? '' : text.slice(comment.pos, comment.end) };
}

function initializer(node: ts.BindingElement): ts.Expression | undefined {
  const owner = node.parent.parent;
  return ts.isVariableDeclaration(owner) ? owner.initializer : undefined;
}

/** Imports that leave nothing behind in JavaScript. */
function erased(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const names = clause.namedBindings;
  return clause.name === undefined && names !== undefined && ts.isNamedImports(names) && names.elements.length > 0 && names.elements.every((item) => item.isTypeOnly);
}

function resolve(path: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const target = normalize(join(dirname(path), specifier));
  return /\.[jt]s$/.test(target) ? target.replace(/\.js$/, '.ts') : `${target}.ts`; // AssemblyScript leaves the extension out
}

/** Whether an identifier reads a variable: not a property, a label, a key, a declared name or a type. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node || (parent.name === node && isGlobal(parent.expression));
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent) || ts.isExpressionWithTypeArguments(parent) && ts.isInterfaceDeclaration(parent.parent.parent)) return false;
  if ((ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent) || ts.isPropertySignature(parent) || ts.isMethodSignature(parent) || ts.isGetAccessor(parent) || ts.isSetAccessor(parent)) && parent.name === node) return false;
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
  if (ts.isVariableDeclaration(parent) && parent.initializer === node && ts.isObjectBindingPattern(parent.name)) return false; // counted name by name
  return !ts.isLabeledStatement(parent) && !ts.isBreakOrContinueStatement(parent) && !ts.isJSDoc(parent);
}

const isGlobal = (node: ts.Expression): boolean => ts.isIdentifier(node) && (node.text === 'globalThis' || node.text === 'self');

/** `Math` of `Math.exp` is `Math.exp`; of `Math['exp']` too; standing alone it stays `Math`. */
function member(node: ts.Identifier): string {
  let value: ts.Node = node;
  if (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) value = node.parent; // globalThis.Math
  const { parent } = value;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === value) return `${node.text}.${parent.name.text}`;
  if (ts.isElementAccessExpression(parent) && parent.expression === value && ts.isStringLiteralLike(parent.argumentExpression)) return `${node.text}.${parent.argumentExpression.text}`;
  return node.text;
}
