import tseslint from 'typescript-eslint';

/** A pattern written by a user must go through the linear-time engine (src/api/parameters/pattern.ts), never through V8's backtracking one. */
const noUserRegExp = {
  selector: "NewExpression[callee.name='RegExp'], CallExpression[callee.name='RegExp']",
  message: 'Patterns of users run in the linear-time engine; write a literal, or use api/parameters/pattern.ts.',
};

export default tseslint.config(
  // kernel/ is AssemblyScript: its own compiler checks it.
  {
    ignores: ['node_modules/', 'dist/', 'coverage/', 'src/api/generated/', 'src/runner/kernel/module.ts', 'kernel/', 'bench/render/peers/'],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'no-restricted-syntax': ['error', noUserRegExp],
      'no-control-regex': 'off',
    },
  },
  { files: ['scripts/**', 'bench/**', 'src/local/**', 'test/**'], rules: { 'no-console': 'off' } },
  { files: ['test/**', 'scripts/**', 'bench/**'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
