import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { archiveSource, deleteSource, updateSource } from '../sources/change.ts';
import { scriptedModel, testApp, type TestApp } from '../testing/index.ts';
import { completeUpload, initiateUpload } from '../uploads/uploads.ts';
import { ask } from './turns.ts';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const other = '# Pump\n\nThe pump delivers 14 mL/min and is oiled every week.\n';
const question = 'Which temperature do I set for the calibration?';
const answer = 'Set the temperature to 37 degrees [1].';
const followUp = 'How long do I wait for the calibration?';

describe.each(testEngines())('what a model is told of a conversation on %s', (engine) => {
  let test: TestApp;
  let admin: Viewer;
  let trained: Viewer;
  let instrumentId: string;
  let pump: string;
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
    trained = await test.account();
  });
  beforeEach(async () => {
    instrumentId = await test.instrument();
    await test.grant(trained, instrumentId, 'trained_user');
    await test.rayni.app.db.query.updateTable('instrument').set({ trained_may_upload: true }).execute();
    await test.document(admin, instrumentId, 'note.md', note);
    pump = await test.document(admin, instrumentId, 'pump.md', other);
  });
  afterAll(() => test[Symbol.asyncDispose]());

  /** Begins an upload as far as its completion; nothing reads it yet. */
  async function uploaded(viewer: Viewer, filename: string, bytes: string | Uint8Array) {
    const { app, settings } = test.rayni;
    const contentType = 'application/octet-stream';
    const { uploadId } = await initiateUpload(
      app,
      viewer,
      { filename, contentType },
      settings.maxUploadBytes,
    );
    test.put(uploadId, bytes);
    return completeUpload(app, viewer, { uploadId, instrumentId }, settings.maxUploadBytes);
  }
  const statusOf = async (id: string) => {
    const query = test.rayni.app.db.query.selectFrom('source').select('status').where('id', '=', id);
    return (await query.executeTakeFirstOrThrow()).status;
  };
  /** Asks, lets something happen, asks on: is the model told the first question then? */
  async function told(between: () => Promise<unknown>): Promise<boolean> {
    const model = scriptedModel([answer], ['Wait for 20 minutes [1].']);
    test.rayni.app.model = model;
    const never = new AbortController().signal;
    const first = await ask(test.rayni, admin, { instrumentId, question }, never);
    test.advance(1000);
    await between();
    test.advance(1000);
    await ask(test.rayni, admin, { instrumentId, question: followUp, sessionId: first.sessionId }, never);
    expect(model.calls).toHaveLength(2);
    return JSON.stringify(model.calls[1]).includes(question);
  }

  it('stays whole while a first upload is waited for', async () => {
    const whole = await told(async () => {
      const { sourceId } = await uploaded(admin, 'new.md', 'The lamp lasts for 2000 hours.');
      expect(await statusOf(sourceId)).toBe('uploaded');
    });
    expect(whole).toBe(true);
  });

  it('stays whole after an upload that cannot be read, also when it is deleted', async () => {
    const unreadable = async (remove: boolean) => {
      const { sourceId } = await uploaded(admin, 'broken.pdf', '%PDF-1.7\nnothing that follows is one');
      await test.work();
      expect(await statusOf(sourceId)).toBe('rejected');
      if (remove) await deleteSource(test.rayni.app, admin, sourceId);
    };
    expect(await told(() => unreadable(false))).toBe(true);
    expect(await told(() => unreadable(true))).toBe(true);
  });

  it('stays whole while what a trained user brought waits for approval, and when it is rejected', async () => {
    const waiting = async (reject: boolean) => {
      const { sourceId } = await uploaded(
        trained,
        'mine.md',
        `The lamp lasts for ${reject ? 2 : 3}000 hours.`,
      );
      await test.work();
      expect(await statusOf(sourceId)).toBe('embedded');
      if (reject) await updateSource(test.rayni.app, admin, { id: sourceId, status: 'rejected' });
    };
    expect(await told(() => waiting(false))).toBe(true);
    expect(await told(() => waiting(true))).toBe(true);
  });

  it('stays whole when something is said of a source, also of one archived before', async () => {
    await archiveSource(test.rayni.app, admin, pump);
    test.advance(1000);
    expect(
      await told(() => updateSource(test.rayni.app, admin, { id: pump, description: 'About pumps' })),
    ).toBe(true);
  });

  it('begins anew once something that was answered from is archived', async () => {
    expect(await told(() => archiveSource(test.rayni.app, admin, pump))).toBe(false);
  });

  it('begins anew once something that was answered from is deleted', async () => {
    expect(await told(() => deleteSource(test.rayni.app, admin, pump))).toBe(false);
  });

  it('is whole again when what was archived is brought back', async () => {
    const back = async () => {
      await archiveSource(test.rayni.app, admin, pump);
      await updateSource(test.rayni.app, admin, { id: pump, status: 'approved' });
    };
    expect(await told(back)).toBe(true);
  });
});
