import type {
  AccessRequestStatus,
  AuditAction,
  ConnectorProvider,
  EndReason,
  ErrorCode,
  GrantRole,
  Locator,
  ProofFault,
  Rating,
  SourceCategory,
  SourceStatus,
  SourceType,
  Support,
  SupportReason,
  SyncStatus,
  TextRange,
  TokenScope,
  TurnStatus,
  Visibility,
} from '@rayni/contract';
import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { FragmentDraft, ReadingFacts } from '../ingest/reading.ts';

type Json<T extends object> = JSONColumnType<T>;
/** Times are set by the process, so that a test clock rules. */
type Time = Date;
type MaybeTime = ColumnType<Date | null, Date | null | undefined, Date | null>;

/** Every table with its columns, as the newest migration leaves them. */
export type Tables = {
  account: {
    id: string;
    /** Lower case. */
    email: string;
    name: string;
    is_admin: boolean;
    role: GrantRole | null;
    status: 'invited' | 'active' | 'disabled';
    created_at: Time;
  };
  auth_session: {
    /** Hex sha256 of the cookie's value. */
    id_hash: string;
    account_id: string;
    created_at: Time;
    last_seen_at: Time;
    expires_at: Time;
  };
  /** Who somebody is at a provider: by issuer and subject, never by e-mail. */
  identity: {
    issuer: string;
    subject: string;
    account_id: string;
    created_at: Time;
  };
  /** Sign-ins at a provider that were completed: none is completed twice. */
  completed_login: {
    /** Hex sha256. */
    state_hash: string;
    expires_at: Time;
  };
  instrument: {
    id: string;
    name: string;
    vendor: string;
    models: string[];
    visibility: Visibility;
    description: string;
    trained_may_upload: Generated<boolean>;
    /** Counts publications, approvals and removals: an in-process index of another count is stale. */
    index_version: Generated<number>;
    created_at: Time;
    updated_at: Time;
    deleted_at: MaybeTime;
  };
  access_grant: {
    id: string;
    account_id: string;
    instrument_id: string;
    role: GrantRole;
    status: 'active' | 'revoked';
    created_at: Time;
    updated_at: Time;
  };
  folder: {
    id: string;
    instrument_id: string;
    name: string;
    parent_id: string | null;
    created_at: Time;
  };
  upload: {
    id: string;
    /** Null for a guest's, which can only be attached to a conversation. */
    account_id: string | null;
    viewer_key: string;
    instrument_id: string | null;
    filename: string;
    content_type: string;
    size: number | null;
    created_at: Time;
    expires_at: Time;
    completed_at: MaybeTime;
    source_id: string | null;
    version_id: string | null;
  };
  /** Stored bytes that no row holds (yet): written down before they are stored, struck out by the transaction that makes a row hold them. */
  unclaimed_blob: {
    key: string;
    /** To be removed: nobody may claim it any more. */
    doomed: Generated<boolean>;
    created_at: Time;
  };
  source: {
    id: string;
    instrument_id: string;
    folder_id: string | null;
    /** Set for an attachment: readable by the owner of that conversation only. */
    conversation_id: string | null;
    type: SourceType;
    title: string;
    category: SourceCategory | null;
    description: string;
    version: string;
    model_tags: string[];
    storage_uri: string;
    status: SourceStatus;
    status_detail: string | null;
    auto_approve: boolean;
    current_version_id: string | null;
    progress_done: Generated<number>;
    progress_total: Generated<number>;
    created_by: string | null;
    created_at: Time;
    updated_at: Time;
    archived_at: MaybeTime;
    deleted_at: MaybeTime;
  };
  source_version: {
    id: string;
    source_id: string;
    ordinal: number;
    /** The maker's or the lab's own name of this version; empty without one. */
    label: Generated<string>;
    blob_key: string;
    filename: string;
    media_type: string;
    size: number;
    /** Hex, of the stored bytes. */
    sha256: string;
    /** The reading that answers now; null until the first one is published. */
    current_reading_id: string | null;
    /** The address the bytes came from, after all redirects. */
    origin_url: ColumnType<string | null, string | null | undefined, string | null>;
    created_by: string | null;
    created_at: Time;
    /** When a manager rejected the source with it; one that is followed by another is not read any more then. */
    rejected_at: ColumnType<Date | null, undefined, Date>;
  };
  /** Files that belong to a version: captions brought for a recording, a frame of it to show. */
  companion: {
    id: string;
    version_id: string;
    kind: 'captions' | 'poster';
    blob_key: string;
    filename: string;
    media_type: string;
    size: number;
    /** Hex, of the stored bytes. */
    sha256: string;
    created_by: string | null;
    created_at: Time;
  };
  reading: {
    id: string;
    version_id: string;
    reader: string;
    reader_version: number;
    /** Prepared postings of the reading's fragments (`retrieval/segment.ts`). */
    segment: Uint8Array | null;
    facts: ColumnType<ReadingFacts, string | undefined, string>;
    /** What else than the version's bytes it was made of: hashes of its companions. */
    made_of: Generated<string>;
    published_at: MaybeTime;
    created_at: Time;
  };
  unit: {
    reading_id: string;
    ordinal: number;
    text: string;
    places: Uint8Array;
  };
  fragment: {
    id: string;
    reading_id: string;
    ordinal: number;
    heading: string;
    kind: FragmentDraft['kind'];
    text: string;
    ranges: Json<TextRange[]>;
    segments: Json<[number, number][]>;
    /** sha256 of what is embedded: title, heading and text. */
    embed_hash: string;
  };
  embedding: {
    model: string;
    embed_hash: string;
    /** Little-endian float32, unit length. */
    vector: Uint8Array;
  };
  conversation: {
    id: string;
    viewer_key: string;
    instrument_id: string;
    title: string;
    created_at: Time;
    updated_at: Time;
    deleted_at: MaybeTime;
  };
  user_turn: {
    id: string;
    conversation_id: string;
    viewer_key: string;
    question: string;
    created_at: Time;
  };
  /** An answer, its producer's state and, at the end, its text. */
  turn: {
    id: string;
    user_turn_id: string;
    conversation_id: string;
    version: number;
    viewer_key: string;
    client_key: string | null;
    request_hash: string;
    status: TurnStatus;
    epoch: number;
    attempt: number;
    next_seq: number;
    lease_until: MaybeTime;
    deadline_at: Time;
    cancel_requested_at: MaybeTime;
    reason: EndReason | null;
    code: ErrorCode | null;
    notice: string | null;
    text: Generated<string>;
    created_at: Time;
    ended_at: MaybeTime;
  };
  turn_event: {
    turn_id: string;
    seq: number;
    epoch: number;
    type: string;
    data: Json<object>;
  };
  citation: {
    id: string;
    turn_id: string;
    marker: number;
    source_id: string;
    source_title: string;
    source_type: SourceType;
    version_id: string;
    reading_id: string;
    fragment_id: string;
    quote: string;
    ranges: Json<TextRange[]>;
    locator: Json<Locator>;
    support: Support;
    reasons: Json<SupportReason[]>;
    score: number;
  };
  setting: { key: string; value: string };
  access_request: {
    id: string;
    account_id: string;
    instrument_id: string;
    reason: string;
    status: AccessRequestStatus;
    reviewer_id: string | null;
    reviewed_at: MaybeTime;
    created_at: Time;
  };
  /** Outlives whom and what it speaks of: e-mails and ids, no references. */
  audit_entry: {
    id: string;
    action: AuditAction;
    actor: string | null;
    subject: string | null;
    instrument_id: string | null;
    details: Json<Record<string, string>>;
    created_at: Time;
  };
  invitation: {
    /** Hex sha256 of the link's token. */
    token_hash: string;
    account_id: string;
    created_at: Time;
    expires_at: Time;
    used_at: MaybeTime;
  };
  api_token: {
    id: string;
    account_id: string;
    name: string;
    scope: TokenScope;
    prefix: string;
    /** Hex sha256. */
    secret_hash: string;
    expires_at: MaybeTime;
    last_used_at: MaybeTime;
    created_at: Time;
  };
  turn_feedback: {
    turn_id: string;
    viewer_key: string;
    rating: Rating;
    tag: string | null;
    comment: string | null;
    created_at: Time;
    updated_at: Time;
  };
  proof_feedback: {
    citation_id: string;
    viewer_key: string;
    fault: ProofFault;
    comment: string | null;
    created_at: Time;
    updated_at: Time;
  };
  feedback: {
    id: string;
    account_id: string | null;
    email: string | null;
    category: string;
    body: string;
    route: string | null;
    instrument_id: string | null;
    last_turn_id: string | null;
    user_agent: string | null;
    meta: Json<Record<string, unknown>>;
    status: 'open' | 'closed';
    admin_response: string | null;
    responded_at: MaybeTime;
    created_at: Time;
  };
  faq_entry: { id: string; position: number; question: string; answer: string; updated_at: Time };
  connector: {
    id: string;
    provider: ConnectorProvider;
    config: Json<Record<string, string>>;
    /** The secret fields together, sealed with a key that is not in the database. */
    sealed: Uint8Array | null;
    created_by: string | null;
    created_at: Time;
    deleted_at: MaybeTime;
  };
  connector_sync: {
    id: string;
    connector_id: string;
    status: SyncStatus;
    detail: string | null;
    started_at: Time;
    ended_at: MaybeTime;
  };
};
