// Words of these manuals with the places where a line may end inside them. A pattern hyphenator would be a dependency for forty pages.
const dictionary = new Map(
  `ab-sorb-ance ac-cept-ance ac-qui-si-tion ad-just-ment align-ment am-bi-ent am-pli-fier ap-er-ture au-to-mat-i-cal-ly
  avail-able back-ground bal-anced cal-i-brate cal-i-brat-ed cal-i-bra-tion car-tridge cen-tri-fuge cen-trif-u-ga-tion cham-ber
  clean-ing col-li-sion com-part-ment com-pen-sa-tion com-po-nent com-pres-sor con-cen-tra-tion con-nect-ed con-nec-tion
  con-sum-able con-tain-er con-tam-i-na-tion con-trol-ler cool-ant cor-rec-tion cov-er-slip cy-tom-e-ter day-light de-con-tam-i-na-tion
  de-gassed de-tec-tor de-ter-gent dif-fer-ence dis-charge dis-con-nect dis-in-fec-tion dis-play dis-tilled elec-tri-cal
  elec-tron-ics emis-sion en-vi-ron-ment equip-ment es-tab-lished ex-change ex-ci-ta-tion ex-per-i-ment flu-id-ics
  flu-o-res-cence for-ward fre-quen-cy hu-mid-i-ty il-lu-mi-na-tion im-bal-ance im-me-di-ate-ly in-di-ca-tor in-stal-la-tion
  in-stru-ment in-ter-lock in-ter-nal in-ter-rupt-ed in-ter-val lab-o-ra-to-ry la-ser lu-bri-cate main-te-nance max-i-mum
  mea-sure-ment mea-sured me-chan-i-cal mi-cro-scope min-i-mum mon-i-tor neb-u-liz-er ni-tro-gen nom-i-nal ob-jec-tive op-er-ate
  op-er-a-tion op-er-a-tor par-ti-cle per-for-mance per-ma-nent per-form po-si-tion po-ten-tial pre-cur-sor pres-sure
  pro-ce-dure pro-tect pro-tec-tive quad-ru-pole re-cord-ed re-frig-er-at-ed re-frig-er-a-tion reg-u-la-tor re-place re-placed re-place-ment
  re-quired res-er-voir res-o-lu-tion ro-tat-ing ro-tor sam-ple sat-u-rat-ed scan-ner sep-a-rate sen-si-tiv-i-ty ser-vice set-tings
  sheath soft-ware spec-i-fi-ca-tion spec-i-fied spec-trom-e-ter sta-bil-i-ty stan-dard ster-ile sus-pen-sion tem-per-a-ture tem-po-rary
  thresh-old tol-er-ance trans-fer trans-mis-sion tur-bo-mo-lec-u-lar un-plug vac-u-um valve ven-ti-lat-ed ven-ti-la-tion
  ver-i-fi-ca-tion vi-bra-tion vis-i-ble volt-age vol-ume warn-ing wave-length work-sta-tion`
    .split(/\s+/)
    .map((entry) => [entry.replaceAll('-', ''), entry.split('-')]),
);

/** The longest beginning of `word` (with its hyphen) that fits, and the rest; null when the word may not be cut there. */
export function hyphenate(word: string, fits: (piece: string) => boolean): [string, string] | null {
  const [, core = '', tail = ''] = /^([A-Za-z]+)([.,;:)]*)$/.exec(word) ?? [];
  const stem = dictionary.has(core.toLowerCase()) ? core : core.replace(/s$/, '');
  const parts = dictionary.get(stem.toLowerCase());
  if (!parts) return null;
  for (let count = parts.length - 1; count > 0; count--) {
    const length = parts.slice(0, count).join('').length;
    const piece = `${core.slice(0, length)}-`;
    // Two letters alone at either side of a line end look torn off.
    if (length > 2 && core.length - length > 2 && fits(piece)) return [piece, core.slice(length) + tail];
  }
  return null;
}

/** Lines of `text` no wider than `width` by `measure`, filled greedily; words are cut only when `cut` is set. */
export function breakLines(
  text: string,
  width: number,
  measure: (text: string) => number,
  cut: boolean,
): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(/\s+/);
  while (words.length > 0) {
    const word = words.shift() ?? '';
    const joined = line === '' ? word : `${line} ${word}`;
    if (measure(joined) <= width) {
      line = joined;
      continue;
    }
    const start = line === '' ? '' : `${line} `;
    const split = cut ? hyphenate(word, (piece) => measure(start + piece) <= width) : null;
    if (split) {
      lines.push(start + split[0]);
      line = '';
      words.unshift(split[1]);
    } else if (line === '') {
      throw new Error(`"${word}" is wider than its column (${width} points)`);
    } else {
      lines.push(line);
      line = '';
      words.unshift(word);
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}
