import { type CustomTypesConfig, types } from 'pg';

/**
 * How columns are read. An `int8` comes back as a number when that is exact, else as the string PostgreSQL sent, also in
 * arrays: `count(*)` and sizes are numbers, and what may pass 2^53 must expect both. All else is `pg`'s own way.
 */
export const columnTypes: CustomTypesConfig = {
  getTypeParser(oid, format) {
    const usual: (value: string) => unknown = types.getTypeParser(oid, format);
    if (format === 'binary') return usual;
    if (oid === types.builtins.INT8) return parseInt8;
    // The array type has no name in pg-types.
    if (oid !== INT8_ARRAY) return usual;
    return (value: string) => inArray(usual(value));
  },
};

const INT8_ARRAY: number = 1016;

function parseInt8(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

function inArray(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inArray);
  return typeof value === 'string' ? parseInt8(value) : value;
}
