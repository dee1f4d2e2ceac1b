import terser from '@rollup/plugin-terser';

/**
 * What the build of the extensions SDK is told besides, so that less has to be loaded: whatever runs Directus knows the syntax of
 * 2022, making an error class that nobody throws does nothing, names of components are for developer tools,
 * and those that tie styles to components need not be long.
 *
 * Directus puts the apps of all extensions together with Rollup at each of its starts, and looks there for code that nobody needs.
 * Ours was looked through when it was built: Rollup takes what stands in a `try` as a whole, which saves it a third of the time.
 *
 * @type {import('@directus/extensions-sdk').Config}
 */
export default {
  plugins: [
    {
      name: 'pure-functions',
      options: (options) => ({
        ...options,
        treeshake: { manualPureFunctions: ['createError'], propertyReadSideEffects: false },
      }),
    },
    {
      name: 'short-names',
      renderChunk(code) {
        const scopes = new Map();

        const shortOf = (scope) => {
          if (!scopes.has(scope)) scopes.set(scope, `data-t${scopes.size.toString(36)}`);
          return scopes.get(scope);
        };

        return {
          code: code.replaceAll(/__name: "[\w-]+",/g, '').replaceAll(/data-v-[0-9a-f]{8}/g, shortOf),
          map: null,
        };
      },
    },
    terser({ ecma: 2022, module: true, compress: { passes: 3, keep_fargs: false, unsafe_arrows: true } }),
    {
      name: 'taken-as-a-whole',
      renderChunk(code, { exports }) {
        if (!exports.includes('modules')) return null;

        const { body } = this.parse(code);
        const textOf = (type) =>
          body.flatMap((node) => (type(node.type) ? [code.slice(node.start, node.end)] : [])).join('\n');
        const names = body.flatMap(({ type, specifiers }) => (type === 'ExportNamedDeclaration' ? specifiers : []));
        const outside = (name) => `app_${name}`;

        return {
          code: [
            textOf((type) => type === 'ImportDeclaration'),
            `let ${exports.map(outside).join(',')};try{`,
            textOf((type) => type !== 'ImportDeclaration' && type !== 'ExportNamedDeclaration'),
            names.map(({ local, exported }) => `${outside(exported.name)}=${local.name};`).join(''),
            `}finally{}export{${exports.map((name) => `${outside(name)} as ${name}`).join(',')}};`,
          ].join('\n'),
          map: null,
        };
      },
    },
  ],
};
