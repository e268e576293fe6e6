import { S3Error } from 'minio';

type Asked = { endpoint: string; bucket: string; region: string };

/** What went wrong at the store, in one line that names the variable to look at and repeats no key. */
export function s3Fault(error: unknown, { endpoint, bucket, region }: Asked): string {
  const code = codeOf(error);
  if (code === undefined || /^E[A-Z]+$/.test(code)) {
    const reason = code ?? (error instanceof Error ? error.message : String(error));
    return `S3_ENDPOINT: ${endpoint} cannot be reached (${reason}); start the store, or correct the address.`;
  }
  if (/^(AccessDenied|Forbidden|InvalidAccessKeyId|SignatureDoesNotMatch|AccountProblem)$/.test(code))
    return `S3_ACCESS_KEY: the store refuses these keys (${code}); correct S3_ACCESS_KEY and S3_SECRET_KEY, and let them read and write the bucket ${bucket}.`;
  if (/^(AuthorizationHeaderMalformed|PermanentRedirect|MovedPermanently|IllegalLocation\w*)$/.test(code))
    return `S3_REGION: the bucket ${bucket} is not in ${region} (${code}); set the region it is in.`;
  if (code === 'InvalidBucketNameError' || code === 'InvalidBucketName')
    return `S3_BUCKET: ${bucket} is no name for a bucket; use 3 to 63 lower-case letters, digits and hyphens.`;
  if (code === 'BucketAlreadyExists')
    return `S3_BUCKET: ${bucket} belongs to somebody else; choose another name.`;
  if (code === 'RequestTimeTooSkewed')
    return `S3_ENDPOINT: the clocks of ${endpoint} and this machine differ by too much; set them right.`;
  return `S3_ENDPOINT: ${endpoint} answered with ${code}; look into the store's own log.`;
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof S3Error) return error.code ?? error.name;
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'Error' ? undefined : error.name;
}
