/** Made from crds/reportstorages.yaml by `npm run generate`; not edited by hand. */
import type { Condition, ObjectMeta } from '../../kube/objects.ts';

/** A ReportStorage is a bucket in which the files of Reports of its namespace are put, on AWS or any object store with the S3 API. */
export interface ReportStorage {
  readonly apiVersion: 'dossier.dev/v1alpha1';
  readonly kind: 'ReportStorage';
  readonly metadata: ObjectMeta;
  /** Which bucket, and how to open it. */
  readonly spec: ReportStorageSpec;
  /** Whether the bucket can be used. Written by the operator only. */
  readonly status: ReportStorageStatus;
}

export interface ReportStorageSpec {
  /**
   * Whether Reports that name no storage, and whose template names none, use this one. At most one ReportStorage of a namespace should say
   * true: with two, such Reports wait and name both. Default false.
   */
  readonly default: boolean;
  /** A bucket behind the S3 API. */
  readonly s3: ReportStorageSpecS3;
}

export interface ReportStorageSpecS3 {
  /** Name of the bucket, which must exist: 3 to 63 lower-case letters, digits, dots and dashes. It cannot be changed later. */
  readonly bucket: string;
  /**
   * What every key begins with, e.g. reports/billing: letters, digits, dots, dashes and underscores between single slashes, at most 180
   * characters, no slash at either end. A file then has the key prefix/namespace/report/uid/file name. It cannot be changed later, and it
   * keeps nobody out who holds the credentials.
   */
  readonly prefix?: string;
  /**
   * Address of the object store: scheme, host and port only, e.g. https://minio.storage.svc:9000. Leave it out for AWS. It cannot be
   * changed later.
   */
  readonly endpoint?: string;
  /**
   * Address of the same object store as people and programs outside the cluster reach it: scheme, host and port only, e.g.
   * https://files.example.com. Links of ReportDownloads are made for it. The operator itself never connects to it. Default: endpoint.
   */
  readonly publicEndpoint?: string;
  /**
   * Region of the bucket, e.g. eu-central-1. Default us-east-1, which is also right for most stores other than AWS. It cannot be changed
   * later.
   */
  readonly region: string;
  /**
   * Whether the bucket stands in the path of requests (https://host/bucket) and not in the host name (https://bucket.host). Default: true
   * where endpoint is set, because most such stores need it; false for AWS.
   */
  readonly forcePathStyle?: boolean;
  /**
   * Secret of this namespace with the keys AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary credentials, AWS_SESSION_TOKEN.
   * Without it the runner's pod uses its own identity (IRSA, pod identity), and the operator must be allowed to use its own for this
   * bucket.
   */
  readonly credentialsSecretRef?: ReportStorageSpecS3CredentialsSecretRef;
  /**
   * Key of a Secret of this namespace with the certificates (PEM) of the authority that signed the store's; needed when it is not one that
   * systems trust.
   */
  readonly caSecretRef?: ReportStorageSpecS3CaSecretRef;
  /**
   * Whether Reports whose rows come from custom code may use this storage where it is opened by the pod's own identity, which such code
   * could use too. It takes a template that says trusted as well. Of no effect with credentialsSecretRef. Default false.
   */
  readonly allowCustomCode: boolean;
  /**
   * Encryption that is asked for with each file: AES256 (keys of the store) or aws:kms (the bucket's KMS key). Default: what the bucket
   * does by itself.
   */
  readonly serverSideEncryption?: 'AES256' | 'aws:kms';
  /**
   * How each part of an upload proves that it arrived whole: SHA256, MD5, or Auto (default), which is MD5 where endpoint is set and SHA256
   * on AWS.
   */
  readonly checksums: 'Auto' | 'MD5' | 'SHA256';
}

export interface ReportStorageSpecS3CredentialsSecretRef {
  /** Name of the Secret, e.g. archive-credentials. */
  readonly name: string;
}

export interface ReportStorageSpecS3CaSecretRef {
  /** Name of the Secret, e.g. minio-ca. */
  readonly name: string;
  /** Key in the Secret, e.g. ca.crt. */
  readonly key: string;
}

export interface ReportStorageStatus {
  /** The metadata.generation that this status speaks of; -1 until the operator has looked at the storage. */
  readonly observedGeneration?: number;
  /**
   * Generation of the storage and versions of its Secrets with which a test object was last written and removed; while they stay the same,
   * later looks only read.
   */
  readonly probed?: string;
  /**
   * Ready: True (reason Available) when the bucket took a test object; else False with AccessDenied, BucketNotFound, Unreachable,
   * InvalidCredentials, IdentityNotAllowed or EndpointNotAllowed.
   */
  readonly conditions?: readonly Condition[];
}
