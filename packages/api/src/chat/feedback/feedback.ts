import type {
  ProofFeedbackInput,
  ReportedProofList,
  ReportedProofsInput,
  TurnFeedbackInput,
} from '@rayni/contract';
import type { Viewer } from '../../access/policy.ts';
import { requireInstrument } from '../../access/require.ts';
import { notFound } from '../../errors.ts';
import type { Rayni } from '../../live.ts';
import { ownAnswer, ownTurn } from '../own.ts';
import { statementOf } from './statement.ts';
import { reportsOn, setProofFeedback, setTurnFeedback, turnOfCitation } from './store.ts';

/** What the caller thinks of their own answer (for the id of a question: of the newest one); said again it replaces, null takes it back. */
export async function rateAnswer(
  rayni: Pick<Rayni, 'app'>,
  viewer: Viewer,
  { turnId, rating, tag, comment }: TurnFeedbackInput,
): Promise<void> {
  const { app } = rayni;
  const turn = await ownAnswer(rayni, viewer, turnId);
  const said = rating && { rating, tag: tag || null, comment: comment || null };
  await setTurnFeedback(app.db.query, turn.id, viewer.key, said, app.clock.now());
}

/** What is wrong with one Proof of the caller's own answer; said again it replaces, null takes it back. */
export async function reportProof(
  rayni: Pick<Rayni, 'app'>,
  viewer: Viewer,
  { citationId, fault, comment }: ProofFeedbackInput,
): Promise<void> {
  const { app } = rayni;
  const turnId = await turnOfCitation(app.db.query, citationId);
  if (!turnId) throw notFound();
  await ownTurn(rayni, viewer, turnId);
  const said = fault && { fault, comment: comment || null };
  await setProofFeedback(app.db.query, citationId, viewer.key, said, app.clock.now());
}

/**
 * The Proofs of an instrument's documents that their readers found fault with, newest first, for its managers: the Proof and the statement
 * it is meant to carry, not who asked what. What comes from an attachment is its owner's business.
 */
export async function reportedProofs(
  { app }: Pick<Rayni, 'app'>,
  viewer: Viewer,
  input: ReportedProofsInput,
): Promise<ReportedProofList> {
  await requireInstrument(app, viewer, input.instrumentId, 'manage');
  const { rows, total } = await reportsOn(app.db.query, viewer, input);
  return {
    items: rows.map(({ text, marks, ...report }) => ({
      ...report,
      statement: statementOf(text, marks, report.citation.marker),
    })),
    total,
  };
}
