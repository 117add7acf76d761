import { parseAst } from "rollup/parseAst";

/*
 * The variables of a minified script: where each is written, and which others may not have the same name. It knows the syntax
 * that terser leaves in the browser script, and throws at any other that declares something.
 */

/** @typedef {{ parent: Scope | null, isFunction: boolean, variables: Map<string, Variable> }} Scope */
/** @typedef {{ name: string, scope: Scope, spots: { start: number, end: number, scope: Scope, key: string }[], scopes: Set<Scope> }} Variable */

/** The variables of a script, in the order of their declarations; and the names that it takes from outside. */
export function variablesOf(/** @type {string} */ code) {
  /** @type {Variable[]} */
  const variables = [];
  const uses = [];
  const outside = new Set();
  const open = (parent, isFunction) => ({ parent, isFunction, variables: new Map() });
  const use = (scope, { name, start, end }, key = "") => uses.push({ scope, name, start, end, key });

  function declare(scope, { name }) {
    if (scope.variables.has(name)) return;
    const variable = { name, scope, spots: [], scopes: new Set([scope]) };
    scope.variables.set(name, variable);
    variables.push(variable);
  }
  function declareAll(statements, scope) {
    for (const statement of statements) {
      if (statement.type === "FunctionDeclaration") declare(scope, statement.id);
      if (statement.type !== "VariableDeclaration") continue;
      if (statement.kind === "var") while (!scope.isFunction) scope = scope.parent;
      for (const { id } of statement.declarations) for (const name of namesIn(id)) declare(scope, name);
    }
  }
  function visitFunction({ params, body }, outer) {
    const scope = open(outer, true);
    for (const parameter of params) for (const name of namesIn(parameter)) declare(scope, name);
    for (const parameter of params) visit(parameter, scope);
    if (body.type === "BlockStatement") visitBlock(body.body, scope);
    else visit(body, scope);
  }
  function visitBlock(statements, scope) {
    declareAll(statements, scope);
    for (const statement of statements) visit(statement, scope);
  }
  function visit(node, scope) {
    if (Array.isArray(node)) return node.forEach((part) => visit(part, scope));
    if (typeof node?.type !== "string") return;
    if (node.type.startsWith("For")) {
      scope = open(scope, false);
      declareAll([node.init ?? node.left ?? node], scope);
    }
    if (node.type === "Identifier") return use(scope, node);
    if (node.type === "BlockStatement") return visitBlock(node.body, open(scope, false));
    if (node.type === "FunctionDeclaration") use(scope, node.id);
    if (/Function/.test(node.type)) return visitFunction(node, scope);
    if (node.type === "Property" && node.shorthand) return use(scope, node.value, `${node.key.name}:`);
    if (node.type === "CatchClause" && node.param) throw new Error("the script names what it catches");
    for (const [name, part] of Object.entries(node)) {
      const isLabel = !node.computed && ((node.type === "MemberExpression" && name === "property") || name === "key");
      if (!isLabel) visit(part, scope);
    }
  }

  visitBlock(parseAst(code).body, open(null, true));
  for (const { scope, name, ...spot } of uses) {
    let at = scope;
    while (at && !at.variables.has(name)) at = at.parent;
    if (at) at.variables.get(name).spots.push({ scope, ...spot });
    else outside.add(name);
  }
  for (const { spots, scopes, scope } of variables) {
    for (let { scope: at } of spots) for (; at !== scope; at = at.parent) scopes.add(at);
  }
  return { variables, outside };
}

/** The identifiers that a pattern declares. */
function namesIn(pattern) {
  if (pattern === null) return [];
  if (pattern.type === "Identifier") return [pattern];
  if (pattern.type === "ArrayPattern") return pattern.elements.flatMap(namesIn);
  if (pattern.type === "ObjectPattern")
    return pattern.properties.flatMap((part) => namesIn(part.value ?? part.argument));
  if (pattern.type === "AssignmentPattern") return namesIn(pattern.left);
  if (pattern.type === "RestElement") return namesIn(pattern.argument);
  throw new Error(`the script declares by ${pattern.type}`);
}
