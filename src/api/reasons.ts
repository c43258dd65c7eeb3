/**
 * Every reason a Report's status can give, in one place. They are stable API: scripts and alerts compare them, docs/reasons.md explains each.
 */

/** Why a Report still waits without a pod. */
export const PENDING_REASONS = [
  'Accepted',
  'TemplateNotFound',
  'TemplateNotReady',
  'StorageNotFound',
  'StorageUnavailable',
  'SecretNotFound',
  'ServiceAccountNotFound',
  'Queued',
  'QuotaExceeded',
  'JobCreated',
] as const;

/** What a Report's pod is at, or why its next pod does not exist yet. */
export const DEPLOYING_REASONS = ['Queued', 'QuotaExceeded', 'PodScheduling', 'ImagePull', 'Rendering', 'Uploading'] as const;

/** Reasons the runner itself may give for a failure; the operator takes no other from a termination message. */
export const RUNNER_FAILURE_REASONS = ['InvalidParameters', 'SourceFailed', 'TemplateFailed', 'RenderFailed', 'StorageFailed'] as const;

/** Why a Report ended without a file. */
export const FAILURE_REASONS = [
  ...RUNNER_FAILURE_REASONS,
  'FormatNotSupported',
  'NamespaceNotAllowed',
  'StartDeadlineExceeded',
  'DeadlineExceeded',
  'OutOfMemory',
  'ImagePullFailed',
  'PodRejected',
  'JobFailed',
  'JobDeleted',
  'FileMissing',
] as const;

export type PendingReason = (typeof PENDING_REASONS)[number];
export type DeployingReason = (typeof DEPLOYING_REASONS)[number];
export type RunnerFailureReason = (typeof RUNNER_FAILURE_REASONS)[number];
export type FailureReason = (typeof FAILURE_REASONS)[number];
export type ReportReason = PendingReason | DeployingReason | FailureReason | 'Completed';

/** Why a ReportDownload has a link, or none. */
export const DOWNLOAD_REASONS = ['Signed', 'Expired', 'StorageUnavailable', 'ReportNotFound', 'ReportNotReady', 'FileMissing'] as const;
export type DownloadReason = (typeof DOWNLOAD_REASONS)[number];

/** Why the templates of a ReportRepository are those of its commit, or are not. */
export const REPOSITORY_REASONS = [
  'Fetching',
  'Fetched',
  'SecretNotFound',
  'SecretNotAllowed',
  'FetchFailed',
  'TemplateFailed',
  'InvalidDescriptor',
  'InvalidSpec',
  'NameTaken',
] as const;
export type RepositoryReason = (typeof REPOSITORY_REASONS)[number];
