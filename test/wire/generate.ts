/** What stands in `src/wire/gen/`, made from the proto: `make gen` writes it. */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const PROTO = new URL('../../proto/tacet/v1/dedupe.proto', import.meta.url);
const COLUMNS = 100;

/** Of the scalar types; 64 bits are numbers, as `service.ts` has them loaded. */
const SCALARS: Readonly<Record<string, string>> = {
  ...{ string: 'string', bool: 'boolean', uint32: 'number', fixed32: 'number' },
  ...{ uint64: 'number', int64: 'number', fixed64: 'number' },
};

/**
 * An interface for each message that is decoded, with the comments of the proto. Those that carry
 * batches stay bytes.
 */
export function generateMessages(): string {
  const text = readFileSync(PROTO, 'utf8');
  const { root } = protobuf.parse(text, { keepCase: false });
  const comments = commentsOf(text);
  const { nested = {} } = root.resolveAll().lookup('tacet.v1') as protobuf.Namespace;
  const interfaces = Object.values(nested).flatMap((type) =>
    type instanceof protobuf.Type && isDecoded(type) ? [interfaceOf(type, comments)] : [],
  );
  const head = '// Made from proto/tacet/v1/dedupe.proto by `make gen`; never edited.';
  return `${head}\n\n${interfaces.join('\n')}`;
}

/** A batch has numbers or verdicts; a message without fields says nothing. */
function isDecoded({ fieldsArray }: protobuf.Type): boolean {
  const isBatch = ({ name }: protobuf.Field) => name === 'numbers' || name === 'verdicts';
  return fieldsArray.length > 0 && !fieldsArray.some((field) => field.repeated && isBatch(field));
}

function interfaceOf(type: protobuf.Type, comments: ReadonlyMap<string, string[]>): string {
  const head = doc(comments.get(type.name) ?? [], '');
  const fields = type.fieldsArray.map((field) => {
    const comment = comments.get(`${type.name} ${field.id}`) ?? [];
    return `${doc(comment, '  ')}  ${field.name}${typeOf(field)};\n`;
  });
  return `${head}export interface ${type.name}Message {\n${fields.join('')}}\n`;
}

/** The type behind a name; an unset message is null when decoded and may be left out before. */
function typeOf(field: protobuf.Field): string {
  const { resolvedType } = field;
  const isMessage = resolvedType instanceof protobuf.Type;
  const single = isMessage
    ? `${resolvedType.name}Message`
    : resolvedType
      ? 'number'
      : SCALARS[field.type];
  if (single === undefined) throw new Error(`no type for ${field.type}`);
  if (field.repeated) return `: ${single}[]`;
  return isMessage ? `?: ${single} | null` : `: ${single}`;
}

/** The comments by message, and by message and field number: above the one, behind the other. */
function commentsOf(text: string): Map<string, string[]> {
  const comments = new Map<string, string[]>();
  let message = '';
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    const [, comment] = /\/\/ ?(.*)$/.exec(line) ?? [];
    const [, name] = /^message (\w+)/.exec(line) ?? [];
    const [, id] = /^ +[\w ]+ = (\d+);/.exec(line) ?? [];
    if (name !== undefined) {
      message = name;
      comments.set(message, lines);
    } else if (id !== undefined) {
      lines = comment === undefined ? [] : [comment];
      comments.set(`${message} ${id}`, lines);
      continue;
    } else if (comment !== undefined) {
      lines.push(comment);
      continue;
    }
    lines = [];
  }
  return comments;
}

function doc(lines: readonly string[], indent: string): string {
  const [only = ''] = lines;
  if (lines.length === 0) return '';
  const short = `${indent}/** ${only} */\n`;
  if (lines.length === 1 && short.length <= COLUMNS) return short;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}
