/** For fields whose text is taken as it is typed: no browser corrects, keeps or sends it away to be spelled. */
export const AS_TYPED = { spellcheck: false, autocomplete: 'off', autocapitalize: 'none' } as const;
