import ts from '@typescript/typescript6';

/**
 * Writes down what the contract and the router mean to a client, resolved: every type of the contract by its name, every procedure with
 * its input and output. The sources say it with zod and with the whole server behind them, which no client should have to install.
 */
export function declareContract(
  files: { contract: string; router: string; clientRouter: string },
  options: ts.CompilerOptions,
) {
  const program = ts.createProgram(Object.values(files), options);
  const checker = program.getTypeChecker();
  const names = new Map<string, string>();
  const exported = exportsOf(files.contract);
  const aliases = exported.filter((symbol) => symbol.flags & ts.SymbolFlags.TypeAlias);
  for (const alias of aliases) {
    const raw = print(checker.getDeclaredTypeOfSymbol(alias), undefined);
    if (!simple.test(raw) && !names.has(raw)) names.set(raw, alias.name);
  }

  const contract = aliases
    .map((alias) => {
      const type = checker.getDeclaredTypeOfSymbol(alias);
      const same = names.get(print(type, undefined));
      // Most types say what they mean at the schema they are inferred from: `Citation` at `citation`.
      const schema = exported.find(
        (symbol) => symbol.name === alias.name[0]?.toLowerCase() + alias.name.slice(1),
      );
      return `${doc(alias, '') || (schema ? doc(schema, '') : '')}export type ${alias.name} = ${same && same !== alias.name ? same : print(type, '')};`;
    })
    .join('\n\n');

  const routes = exportsOf(files.router).find((symbol) => symbol.name === 'routes');
  if (!routes) throw new Error(`${files.router} exports no routes`);
  const record = printRoutes(checker.getTypeOfSymbol(routes), '  ');
  const source = program.getSourceFile(files.clientRouter)?.text ?? '';
  const router = source
    .replace("import type { routes } from './router.ts';\n", '')
    .replace('typeof routes', record);
  if (router.includes('typeof routes') || router === source)
    throw new Error(`${files.clientRouter} has another form than expected`);
  const used = [...names.values()].filter((name) => new RegExp(`\\b${name}\\b`).test(record));
  const imports = [
    `import type { ${used.join(', ')} } from '@rayni/contract';`,
    "import type { TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure} from '@trpc/server';",
  ];
  return { contract: `${contract}\n`, clientRouter: `${imports.join('\n')}\n${router}` };

  function exportsOf(file: string): ts.Symbol[] {
    const module = program.getSourceFile(file);
    const symbol = module && checker.getSymbolAtLocation(module);
    if (!symbol) throw new Error(`${file} is not a module`);
    return checker
      .getExportsOfModule(symbol)
      .map((found) => (found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found));
  }

  function printRoutes(type: ts.Type, indent: string): string {
    const lines = checker.getPropertiesOfType(type).map((property) => {
      const of = checker.getTypeOfSymbol(property);
      return `${doc(property, `${indent}  `)}${indent}  ${property.name}: ${printProcedure(of, `${indent}  `) ?? printRoutes(of, `${indent}  `)};`;
    });
    return `{\n${lines.join('\n')}\n${indent}}`;
  }

  function printProcedure(type: ts.Type, indent: string): string | undefined {
    const def = member(type, '_def');
    const types = def && member(def, '$types');
    const kind = def && member(def, 'type');
    if (!def || !types || !kind?.isStringLiteral()) return undefined;
    const [input, output] = [member(types, 'input'), member(types, 'output')];
    if (!input || !output) throw new Error('a procedure without input or output');
    const name = `TRPC${kind.value[0]?.toUpperCase()}${kind.value.slice(1)}Procedure`;
    return `${name}<{ input: ${named(input, indent)}; output: ${named(output, indent)}; meta: object }>`;
  }

  function member(type: ts.Type, name: string): ts.Type | undefined {
    const symbol = type.getProperty(name);
    return symbol && checker.getTypeOfSymbol(symbol);
  }

  /** The type by its name in the contract, if it has one; else written out. */
  function named(type: ts.Type, indent: string | undefined): string {
    return (indent !== undefined && names.get(print(type, undefined))) || print(type, indent);
  }

  /** One line without names and comments when `indent` is undefined: the form in which equal types are equal strings. */
  function print(type: ts.Type, indent: string | undefined): string {
    if (type.flags & ts.TypeFlags.Boolean) return 'boolean';
    if (type.isUnion()) {
      const empty = type.types.filter((part) => part.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined));
      const rest = type.types.filter((part) => !empty.includes(part));
      const whole = rest.map((part) => print(part, undefined));
      const alias = indent === undefined ? undefined : names.get(union(whole));
      const parts = alias && empty.length > 0 ? [alias] : rest.map((part) => named(part, indent));
      const all = [...parts, ...empty.map((part) => checker.typeToString(part))];
      return indent !== undefined && union(all).length > 90
        ? all.map((part) => `\n${indent}  | ${part}`).join('')
        : union(all);
    }
    if (checker.isArrayType(type)) {
      const [item] = checker.getTypeArguments(reference(type));
      const inner = named(item!, indent);
      return /^[\w.]+$/.test(inner) ? `${inner}[]` : `Array<${inner}>`;
    }
    if (!(type.flags & ts.TypeFlags.Object) || type.symbol?.name === 'Date')
      return checker.typeToString(type);
    if (type.symbol?.name === 'AsyncIterable') {
      const args = checker.getTypeArguments(reference(type)).map((argument) => named(argument, indent));
      return `AsyncIterable<${args.join(', ')}>`;
    }
    return printObject(type, indent);
  }

  function printObject(type: ts.Type, indent: string | undefined): string {
    if (type.getCallSignatures().length > 0) throw new Error('a function has no place on the wire');
    const deeper = indent === undefined ? undefined : `${indent}  `;
    const index = checker
      .getIndexInfosOfType(type)
      .map((info) => `[key: ${checker.typeToString(info.keyType)}]: ${named(info.type, deeper)};`);
    const properties = checker.getPropertiesOfType(type).map((property) => {
      const optional = property.flags & ts.SymbolFlags.Optional;
      const of = checker.getTypeOfSymbol(property);
      const shown = named(of, deeper);
      const comment = deeper === undefined ? '' : doc(property, deeper);
      return `${comment}${deeper ?? ''}${property.name}${optional ? '?' : ''}: ${shown};`;
    });
    const line = `{ ${[...index, ...properties].map((part) => part.trim()).join(' ')} }`;
    if (deeper === undefined || (line.length < 90 && !/\n|\/\*\*/.test(line))) return line;
    return `{\n${[...index.map((line) => deeper + line), ...properties].join('\n')}\n${indent}}`;
  }

  function reference(type: ts.Type): ts.TypeReference {
    if (!('target' in type)) throw new Error(`${checker.typeToString(type)} is not generic`);
    return type as ts.TypeReference;
  }

  function doc(symbol: ts.Symbol, indent: string): string {
    const text = ts
      .displayPartsToString(symbol.getDocumentationComment(checker))
      .replaceAll(/\s*\n\s*/g, ' ');
    return text ? `${indent}/** ${text} */\n` : '';
  }
}

const simple = /^[\w.]+(\[\])?$/;
const union = (parts: string[]) => parts.join(' | ');
