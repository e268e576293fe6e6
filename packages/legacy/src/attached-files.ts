import multipart from '@fastify/multipart';
import type { Caller } from '@rayni/api';
import { mostAttachments } from '@rayni/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { Refused } from './errors.ts';
import type { FilesOf, Raw } from './rows.ts';

/** Where the bytes of files go that come in a body: given by the host, which knows the store. */
export type FilePort = {
  /** Keeps the bytes of an upload that this caller has just begun; rejects with the refusal when there are too many. */
  receive(request: FastifyRequest, uploadId: string, bytes: Readable): Promise<void>;
  /** Forgets those of the uploads that became nothing. */
  discard(request: FastifyRequest, uploadIds: string[]): Promise<void>;
};

/** Takes `multipart/form-data` in this scope. How large a file may be is for the port to say. */
export async function acceptFiles(scope: FastifyInstance): Promise<void> {
  await scope.register(multipart, {
    limits: {
      files: mostAttachments,
      fields: 20,
      fieldSize: 64 * 1024,
      parts: 40,
      fileSize: Number.MAX_SAFE_INTEGER,
    },
  });
}

/**
 * Calls `run` with the fields of a multipart body and the ids of its files, each begun by the row and streamed to the port as it comes, never
 * held in memory. Where `run` or anything before it fails, nothing is left of them.
 */
export async function withFiles<T>(
  { request, reply, port }: { request: FastifyRequest; reply: FastifyReply; port: FilePort },
  api: Caller,
  files: FilesOf,
  run: (sent: Raw) => Promise<T>,
): Promise<T> {
  const sent: Raw = {};
  const uploadIds: string[] = [];
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') {
        if (part.valueTruncated) throw new Refused('PAYLOAD_TOO_LARGE', `${part.fieldname} is too long.`);
        // What a form leaves empty was not filled in.
        if (part.value !== '') sent[part.fieldname] = part.value;
      } else if (part.fieldname !== files.field || part.filename === '') {
        part.file.resume();
      } else {
        const begun = await files.begin(api, {
          ...sent,
          filename: part.filename,
          content_type: part.mimetype,
        });
        uploadIds.push(begun.uploadId);
        await port.receive(request, begun.uploadId, part.file);
      }
    }
    return await run(uploadIds.length > 0 ? { ...sent, [files.field]: uploadIds } : sent);
  } catch (error) {
    // What is still coming is not read: the connection ends with the answer.
    if (!request.raw.complete) {
      reply.header('connection', 'close');
      request.raw.unpipe();
      request.raw.resume();
    }
    // What cannot be forgotten now is swept later; the caller hears what was wrong with the request.
    await port.discard(request, uploadIds).catch((fault: unknown) => {
      request.log.error({ err: fault, uploadIds }, 'Files that became nothing could not be removed');
    });
    throw error;
  }
}
