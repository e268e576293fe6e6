import { type CustomTypesConfig, types } from 'pg';

/**
 * How columns are read. An `int8` comes back as a number when that is exact, else as the string PostgreSQL sent, also in
 * arrays: `count(*)` and sizes are numbers, and what may pass 2^53 must expect both. All else is `pg`'s own way.
 */
export const columnTypes: CustomTypesConfig = {
  getTypeParser(oid, format) {
    const usual: (value: string) => unknown = types.getTypeParser(oid, format);
    if (format === 'binary') return usual;
    const type: number = oid;
    if (type === INT8) return parseInt8;
    if (type === INT8_ARRAY) return (value: string) => inArray(usual(value));
    return usual;
  },
};

const INT8 = 20;
const INT8_ARRAY = 1016;

function parseInt8(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

function inArray(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inArray);
  return typeof value === 'string' ? parseInt8(value) : value;
}
