import { expect, test } from 'vitest';
import { parseOptions, UsageError } from '../../src/operator/options.ts';

test.each([
  ['--storage-endpoints=minio.storage,10.0.0.0/33', '--storage-endpoints: "10.0.0.0/33" is not a host, host:port, address or CIDR range'],
  ['--storage-endpoints=*,minio', '--storage-endpoints: "*" is not a host, host:port, address or CIDR range'],
  [
    '--runner-resources={"requests":{"cpu":"100m"},"limits":{"memory":"512MB"}}',
    '--runner-resources: limits.memory "512MB": must be a Kubernetes quantity, e.g. 512Mi',
  ],
])('a wrong %s ends the start with a line that names it', (flag, says) => {
  expect(() => parseOptions(['--runner-image=x', flag], {})).toThrow(new UsageError(says));
});

test.each(['*', '', 'minio.storage:9000, 10.0.0.0/8,[fd00::1]:9000'])('--storage-endpoints=%s is right', (value) => {
  expect(parseOptions(['--runner-image=x', `--storage-endpoints=${value}`], {})).toMatchObject({ runner: { image: 'x' } });
});
