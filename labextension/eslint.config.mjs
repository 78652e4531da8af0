import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig([
  { ignores: ['node_modules', 'lib', '**/*.js', '**/*.mts', 'src/__tests__'] },
  js.configs.recommended,
  tseslint.configs.recommended,
  { plugins: { jupyter } },
  jupyter.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}'],
    languageOptions: { parserOptions: { project: 'tsconfig.json' } },
    rules: {
      eqeqeq: 'error',
      curly: 'error',
      // The panel is what the plugin is for: nothing in it can wait for a first use.
      'jupyter/prefer-lazy-imports': 'off'
    }
  },
  prettier
]);
