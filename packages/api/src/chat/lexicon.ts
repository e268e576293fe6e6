import { stem } from '../retrieval/terms.ts';

/** Words of plain technical English that may stand for each other in a statement without changing what it says. */
const synonyms = `
use utilize utilise employ apply|usage use utilization|show display indicate present depict illustrate reveal|begin start commence initiate launch|stop halt end finish terminate cease conclude
end finish complete conclude|big large great huge sizable|small little tiny|make create generate produce build construct form|build construct assemble|construct create
change modify alter adjust vary adapt edit|change replace swap|replace substitute exchange|delete remove erase clear discard eliminate|select choose pick opt|check verify examine inspect confirm test|check control
verify confirm validate ensure|ensure guarantee assure secure|need require necessitate demand|necessary required needed essential mandatory obligatory|get obtain receive acquire retrieve fetch gain|give provide supply offer deliver yield return|provide furnish
help assist aid support|allow permit enable let|permit allowed|keep maintain retain hold preserve store|store save keep|happen occur arise appear|contain include hold comprise incorporate feature|include cover|consist comprise contain
different distinct various differing separate|distinct separate individual|identical same equal|similar alike comparable|whole entire complete full total|total overall|fully completely entirely totally wholly|part portion section piece component|component part element
quick fast rapid swift speedy|quickly rapidly fast swiftly|slow gradual|slowly gradually|error fault failure mistake problem issue malfunction|problem issue difficulty trouble|fail malfunction break|damage harm hurt|damage injury|danger hazard risk|dangerous hazardous unsafe risky
warning alert caution notice|notify inform alert warn tell|important significant crucial vital essential key|main primary principal chief major central|default standard preset|standard normal usual regular ordinary typical common|simple easy straightforward basic|easily simply readily|hard difficult tough challenging
correct right proper accurate exact|correctly properly accurately right appropriately|suitable appropriate proper fitting adequate apt|exact precise accurate|exactly precisely|approximately about roughly around nearly circa approx|nearly almost|usually normally typically generally commonly ordinarily|often frequently regularly repeatedly|sometimes occasionally
immediately instantly promptly directly straightaway|automatically automatic|manually manual hand|currently presently now|previously formerly earlier before|previous prior preceding earlier former last|next following subsequent upcoming|following below|later afterwards afterward subsequently after|then afterwards subsequently next
again once_more anew|before prior ahead|after following once|during while throughout|while whilst whereas|when whenever once if|if whether when|until till|because since as|therefore thus hence consequently accordingly so|however but yet nevertheless nonetheless though|although though while|also additionally too furthermore moreover besides|and plus|or alternatively
especially particularly notably specifically|mainly primarily mostly chiefly principally largely|instead rather alternatively|like as|via through using by with|within inside in|into in to|onto on|upon on|toward towards to|near close beside adjacent next|beneath under below underneath|above over|over across|among between amongst|per each|about regarding concerning
place put position set lay locate situate|put insert|insert place introduce add|add append attach include insert|attach connect fasten fix mount secure join|fasten secure fix tighten|connect link join attach couple plug|link connect tie|disconnect detach unplug|install mount fit|remove take detach extract withdraw|extract take|turn rotate spin|rotate spin revolve|turn switch
press push hit depress|push press|click press select|key button|button switch|pull draw|move shift relocate transfer|transfer move convey transmit|send transmit dispatch|transmit transfer|carry transport|run execute operate perform|perform execute conduct do carry|operate run work function|work function operate|act behave function|behave act|open launch|close shut|lock secure|fill load|load upload|empty drain|drain empty|heat warm|cool chill|clean wash rinse|wash rinse|dry
mix blend combine stir|combine merge join unite|merge combine|separate split divide|split divide|divide separate|wait pause|pause wait|repeat redo|measure determine gauge quantify|determine find establish identify ascertain|find locate discover|find search look|look see|see consult refer view|view see look|watch observe monitor|observe notice see|monitor watch track supervise|read|record log note register|note notice|write record
calculate compute|compute calculate|count number|number amount quantity count|amount quantity volume|value figure|level degree|rate speed|speed velocity rate|size dimension extent|length extent|width breadth|range interval span|limit restrict bound confine|limit maximum bound|restrict limit|increase raise rise grow boost|raise lift elevate|decrease reduce lower lessen diminish|reduce lower decrease|drop fall decline|exceed surpass|reach attain achieve|achieve attain accomplish|cause lead result trigger produce|trigger activate cause start|activate enable|enable activate|disable deactivate|deactivate disable
avoid prevent|prevent stop avoid preclude|protect guard shield|handle treat manage process deal|process handle|manage handle control administer|control regulate govern manage|regulate control adjust|adjust set tune|set configure specify define|configure set setup|specify define state give indicate|define specify describe|describe explain outline detail document|explain describe|state say declare|mean signify denote|denote represent indicate mean|represent denote depict|call name term|name title|call invoke|invoke call|refer point|depend rely|rely depend|rest remainder|remain stay persist|stay remain
exist be|available accessible obtainable|accessible reachable|ready prepared|prepare ready|able capable|possible feasible|useful helpful handy|helpful useful|new recent fresh|old former|additional extra further more another supplementary|extra additional|other another|several multiple various many numerous|many numerous multiple|some certain|certain particular specific|particular specific certain|specific particular|each every|all every each|any every|only just solely merely exclusively|mostly mainly|enough sufficient adequate|sufficient enough adequate|try attempt|attempt try|plan intend|intend mean|want wish desire|wish want|prefer favor favour|suggest recommend advise propose|recommend advise suggest|advise recommend|accept take|take accept|reject refuse|ask request query|request ask|answer reply respond|respond reply react answer|react respond|learn
method way approach technique procedure manner|way manner method means|procedure process method|step stage phase|stage phase|task job|job task|tool instrument utility|instrument device apparatus unit|device unit apparatus equipment machine|machine device|equipment apparatus gear|system|software program application|program application software|application program|file document|document file|manual guide handbook|guide manual|instruction direction command|command instruction|option choice setting|setting option parameter|parameter argument setting|argument parameter|feature function capability|function feature|purpose aim goal|goal aim objective|reason cause|effect impact influence|affect influence impact|influence affect|result outcome output|outcome result|advantage benefit|benefit advantage|example instance sample|sample specimen|specimen sample|list enumerate|table chart|picture image|image picture|figure diagram drawing illustration|screen display monitor|window pane|area region zone|region area|place location position spot|location position place|side|edge border boundary|border edge|center centre middle|middle centre|top upper|bottom lower|beginning start|end|user operator person|operator user|people users persons|person user|text string|string text|line row|group set collection|set collection group|collection set|kind type sort|type kind sort|form shape|shape form|state status condition|status state|condition circumstance|situation circumstance|case situation|version release|release version|copy duplicate|duplicate copy|folder directory|directory folder|characteristic property attribute|attribute property|information data details|data information|detail information|knowledge|idea concept|understand grasp comprehend|supported available|unlike|usual|lid cover cap|cover lid|liquid fluid|fluid liquid|tube pipe hose|hose tube|vessel container|container vessel|switch toggle|toggle switch|temperature|power|outlet socket|socket outlet|shine illuminate light|flash blink|blink flash|wear
correspond match|match correspond|compare contrast|interpret read treat|treat regard consider|consider regard view|regard consider|assume suppose presume|known called|known recognized recognised|recognize recognise identify detect|detect identify sense find|identify recognize|distinguish differentiate|differ vary|omit skip leave|skip omit|ignore disregard|disregard ignore|return give|exit quit leave|quit exit|enter type input|type enter|input enter|print output|output print|visible seen|hide conceal|allocate assign|assign allocate|assign set|reserve allocate|expand extend enlarge|extend expand lengthen|enlarge expand|shrink contract|shorten|improve enhance|enhance improve|optimize optimise improve|solve resolve fix|resolve solve|fix repair correct|repair fix mend|renew replace|update refresh|refresh update|restart reboot|reset|restore recover|recover restore|consume use|evaluate assess|assess evaluate|analyze analyse examine|estimate approximate|expect anticipate|anticipate expect|affect change|accompany|essential|originally initially|initially originally first|initial first starting|final last|finally lastly eventually|eventually finally|temporarily briefly|permanently|constantly continuously continually|continuously constantly|continue proceed|proceed continue go|go proceed|directly straight|entirely|partly partially|partially partly|separately individually|together jointly|thoroughly carefully|carefully cautiously|gently softly|firmly tightly|tightly firmly securely|securely firmly|safely securely|safe secure|clear plain obvious|clearly plainly obviously|desired wanted required|given specified|specified given|entire|numerous
`;

/** Words that turn a statement round when one stands for the other. */
const antonyms = `
open/close open/shut on/off in/out into/from up/down upward/downward upwards/downwards upper/lower left/right leftmost/rightmost top/bottom above/below over/under over/below above/under high/low higher/lower highest/lowest hot/cold warm/cool heat/cool warmer/cooler
increase/decrease increase/reduce increase/lower raise/lower raise/reduce rise/fall grow/shrink expand/contract expand/collapse extend/retract enlarge/reduce maximize/minimize maximum/minimum max/min maximal/minimal more/less more/fewer most/least greater/less greater/smaller greater/lesser large/small big/small larger/smaller largest/smallest bigger/smaller long/short longer/shorter longest/shortest wide/narrow wider/narrower thick/thin deep/shallow heavy/light fast/slow faster/slower quick/slow quickly/slowly rapid/slow rapidly/slowly
start/stop start/end start/finish begin/end begin/finish begin/stop starting/ending beginning/end first/last first/final initial/final initially/finally before/after earlier/later early/late prior/subsequent previous/next preceding/following precede/follow previously/subsequently enable/disable activate/deactivate allow/forbid allow/prevent allow/prohibit allow/deny permit/forbid permit/prohibit permit/prevent enable/prevent accept/reject accept/refuse include/exclude including/excluding inclusive/exclusive inside/outside within/outside within/beyond inner/outer internal/external interior/exterior input/output import/export upload/download read/write load/unload load/save save/discard send/receive transmit/receive push/pull press/release insert/remove insert/extract insert/delete add/remove add/delete add/subtract attach/detach attach/remove connect/disconnect plug/unplug lock/unlock mount/unmount install/uninstall install/remove fill/empty full/empty fill/drain tighten/loosen tight/loose fasten/loosen switch_on/switch_off
true/false yes/no right/wrong correct/incorrect correct/wrong valid/invalid positive/negative plus/minus multiply/divide always/never always/sometimes always/rarely often/rarely often/seldom usually/rarely usually/seldom frequently/rarely all/none all/no every/no everything/nothing both/neither either/neither all/some same/different identical/different similar/different equal/unequal equal/different visible/hidden visible/invisible show/hide display/hide present/absent presence/absence active/inactive public/private local/global local/remote automatic/manual automatically/manually static/dynamic fixed/variable constant/variable temporary/permanent temporarily/permanently optional/mandatory optional/required optional/compulsory possible/impossible able/unable available/unavailable necessary/unnecessary safe/dangerous safe/unsafe safe/hazardous strong/weak stronger/weaker hard/soft easy/difficult easy/hard simple/complex simple/complicated good/bad better/worse best/worst clean/dirty wet/dry new/old newer/older newest/oldest young/old horizontal/vertical horizontally/vertically row/column front/back front/rear forward/backward forwards/backwards forward/reverse ascending/descending ascend/descend clockwise/counterclockwise clockwise/anticlockwise north/south east/west parallel/serial parallel/perpendicular odd/even single/multiple single/double singular/plural uppercase/lowercase upper/lower absolute/relative near/far close/far closer/farther nearest/farthest day/night success/failure succeed/fail pass/fail win/lose gain/lose gain/loss profit/loss create/delete create/destroy create/remove build/destroy encrypt/decrypt compress/decompress compress/expand encode/decode pause/resume stop/continue stop/resume suspend/resume keep/discard keep/remove keep/delete retain/discard hold/release with/without known/unknown acidic/basic acidic/alkaline acid/base liquid/solid liquid/gas anode/cathode male/female source/target source/destination source/sink client/server sender/receiver master/slave transparent/opaque bright/dark brighter/darker lighten/darken light/dark black/white loud/quiet smooth/rough rough/fine coarse/fine sharp/blunt straight/curved static/moving stationary/moving sooner/later ahead/behind toward/away towards/away to/from ancestor/descendant parent/child leading/trailing prefix/suffix head/tail advantage/disadvantage cause/prevent support/oppose encourage/discourage recommended/discouraged ignore/consider ignore/use attract/repel charge/discharge converge/diverge merge/split join/split combine/separate together/separately together/apart directly/indirectly exactly/approximately completely/partially fully/partially fully/partly entirely/partly only/also mandatory/voluntary minimum/maximum sufficient/insufficient success/error accelerate/decelerate advance/retreat assemble/disassemble appear/disappear approve/disapprove approve/reject agree/disagree agree/refuse grant/deny grant/revoke exceed/undercut rare/common rarely/commonly normal/abnormal usual/unusual regular/irregular stable/unstable dependent/independent direct/indirect finite/infinite limited/unlimited sequential/parallel sequentially/simultaneously synchronous/asynchronous upstream/downstream inlet/outlet incoming/outgoing supply/return odd/even shallow/steep first/second first/third second/third first/next only/several single/several allowed/forbidden permitted/forbidden allowed/prohibited first/second first/third second/third single/several stretch/compress default/custom unique/duplicate unique/common unnecessary/must impossible/allow impossible/may disallowed/may disallow/allow default/optional analog/digital analogue/digital hardware/software next/prior shown/hidden contain/exclude contain/lack slightly/greatly slightly/considerably much/little allow/disable permit/disable forbid/enable each/one every/one all/one both/one any/one each/oneof all/oneof both/oneof both/either until/after until/before until/once once/twice before/once recommended/required recommended/must recommended/mandatory recommended/necessary recommended/optional optional/must optional/necessary optional/needed optional/should required/unnecessary needed/unnecessary sender/recipient import/output plus/without including/without ingress/egress loosen/tight rising/falling raise/drop rise/drop increase/drop increase/fall grow/fall leading/lagging lead/lag solid/dashed solid/hollow serial/usb major/minor primary/secondary main/auxiliary forward/return accept/ignore respond/ignore consider/disregard lossless/lossy even/uneven raw/processed coarse/accurate active/passive passive/powered manual/powered fewest/most fewer/most few/most few/all none/some maximum/least minimum/most longest/fastest early/late earliest/latest oldest/latest dim/bright dim/brighten mute/unmute zoom_in/zoom_out insert/eject inflate/deflate engage/disengage energize/deenergize grounded/live ground/live wet/dried fresh/used fresh/old fresh/stale sterile/contaminated clean/contaminated vertical/horizontal portrait/landscape series/parallel above/beneath inside/out warm/cold hotter/colder hotter/cooler cold/heat freeze/thaw melt/freeze evaporate/condense dilute/concentrate acidify/neutralize stretch/shrink elevated/reduced elevate/lower lift/lower ascending/descending vertical/level
`;

/** Several words read as one; longest first. The value is how they are compared. */
const phrases = `
has to=must|have to=must|had to=must|needs to=must|need to=must|is required to=must|are required to=must|is necessary to=must|are obliged to=must|is obliged to=must|it is mandatory to=must|ought to=should|is recommended to=should|is advised to=should|are advised to=should|are supposed to=should|is supposed to=should
is unable to=cannot|being unable to=cannot|being able to=can|is disallowed to=cannot|are disallowed to=cannot|makes it impossible to=cannot|make it impossible to=cannot|is impossible to=cannot|is unnecessary to=not|on bottom of=below|on the bottom of=below|are unable to=cannot|be unable to=cannot|was unable to=cannot|were unable to=cannot|unable to=cannot|is not able to=cannot|are not able to=cannot|fails to=not|fail to=not|failed to=not|makes it possible to=allow|make it possible to=allow|is able to=can|are able to=can|be able to=can|is capable of=can|are capable of=can|is allowed to=may|are allowed to=may|is permitted to=may|are permitted to=may|is going to=will|are going to=will
at least=atleast|no less than=atleast|not less than=atleast|no fewer than=atleast|not fewer than=atleast|a minimum of=atleast|at a minimum=atleast|at most=atmost|no more than=atmost|not more than=atmost|a maximum of=atmost|at a maximum=atmost|up to=atmost|not exceeding=atmost|at the most=atmost
more than=morethan|greater than=morethan|larger than=morethan|higher than=morethan|less than=lessthan|fewer than=lessthan|lower than=lessthan|smaller than=lessthan
prior to=before|ahead of=before|subsequent to=after|in advance of=before|in order to=to|so as to=to|in order for=for|in the event that=if|in the event of=if|in case of=if|in case=if|provided that=if|on condition that=if|due to=because|owing to=because|because of=because|on account of=because|as a result of=because|in addition to=and|in addition=also|as well as=and|along with=and|together with=and|as well=also
such as=eg|for example=eg|for instance=eg|a number of=several|a variety of=several|a range of=several|a lot of=many|lots of=many|a great many=many|plenty of=many|the majority of=most|most of=most|all of=all|each of=all|every one of=all|some of=some|any of=any|a few=some|one of=oneof
make sure=ensure|makes sure=ensure|be sure=ensure|be certain=ensure|carry out=perform|carried out=perform|carries out=perform|carrying out=perform|set up=configure|consists of=contain|consist of=contain|is made up of=contain|is composed of=contain|depends on=depend|depend on=depend|refers to=refer|is equal to=equal|are equal to=equal|instead of=insteadof|rather than=insteadof|in place of=insteadof|even though=although|despite the fact that=although|each time=when|every time=when|as soon as=when|at the time=when|at once=immediately|right away=immediately|straight away=immediately|by means of=via|by using=via|with the help of=via|with the aid of=via|in general=usually|as a rule=usually|most often=usually|most of the time=usually|at all times=always|all the time=always|at no time=not|under no circumstances=not|in no case=not|by no means=not|not only=also|but also=also|or not=|with regard to=about|with respect to=about|relative to=about|according to=via|takes place=happen|take place=happen|get rid of=remove|find out=determine|figure out=determine|point out=indicate|look at=see|take a look at=see|deal with=handle|take care of=handle|rely on=depend|next to=near|close to=near|in front of=before|on top of=above|inside of=inside|outside of=outside|out of=from
`;

type Groups = Map<string, number[]>;

const known = new Map<string, readonly string[]>();

/** The stems of a word and of its regular forms: Porter's "added" is "ad", but "add" is "add". */
function forms(word: string): readonly string[] {
  const found = known.get(word);
  if (found) return found;
  const bare = word.replace(/e$/, '');
  const doubled = word + word.slice(-1);
  const made = [...new Set([word, ...[word, `${bare}ed`, `${bare}ing`, `${doubled}ed`].map(stem)])];
  known.set(word, made);
  return made;
}

const groups: Groups = new Map();
for (const [id, line] of synonyms.trim().split(/[|\n]/).entries()) {
  for (const word of line.trim().split(/\s+/)) {
    for (const key of forms(word)) {
      const ids = groups.get(key);
      if (!ids) groups.set(key, [id]);
      else if (!ids.includes(id)) ids.push(id);
    }
  }
}

const opposites = new Set<string>();
for (const pair of antonyms.trim().split(/\s+/)) {
  const [a = '', b = ''] = pair.split('/');
  for (const x of forms(a)) for (const y of forms(b)) opposites.add(`${x}/${y}`).add(`${y}/${x}`);
}

/** Per stem the groups of its opposites; prepositions have too many senses. */
const oppositeGroups = new Map<string, number[]>();
const prepositions =
  /^(?:in|out|into|from|to|on|off|up|down|over|under|above|below|before|after|with|without)$/;
for (const pair of antonyms.trim().split(/\s+/)) {
  const [a = '', b = ''] = pair.split('/');
  if (prepositions.test(a) || prepositions.test(b)) continue;
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const)
    oppositeGroups.set(stem(x), [...(oppositeGroups.get(stem(x)) ?? []), ...(groups.get(stem(y)) ?? [])]);
}

const intervals = 'hour/hourly day/daily week/weekly month/monthly quarter/quarterly year/yearly'
  .split(' ')
  .map((pair) => pair.split('/') as [string, string]);

const intervalPhrases = [
  'annually=yearly',
  'annual=yearly',
  ...intervals.flatMap(([unit, often]) => [
    ...['every', 'each', 'once a', 'once per', 'once every', 'once each', 'once in a'].map(
      (how) => `${how} ${unit}=${often}`,
    ),
    ...['twice a', 'twice per', 'twice every', 'twice each', 'two times a', 'two times per'].map(
      (how) => `${how} ${unit}=twice-${often}`,
    ),
    `once an ${unit}=${often}`,
    `twice an ${unit}=twice-${often}`,
    `once ${often}=${often}`,
    `twice ${often}=twice-${often}`,
    `on a ${often} basis=${often}`,
    `on an ${often} basis=${often}`,
  ]),
];
const intervalNames = new Set([
  ...'nightly biweekly fortnightly bimonthly'.split(' '),
  ...intervals.flatMap(([, often]) => [often, `twice-${often}`]),
]);

/** "weekly", and what is read as it: "once a week". */
export const isInterval = (norm: string): boolean => intervalNames.has(norm);

const phraseTable = new Map<string, { words: string[]; key: string }[]>();
for (const entry of [...phrases.trim().split(/[|\n]/), ...intervalPhrases]) {
  const [left = '', key = ''] = entry.split('=');
  const words = left.split(' ');
  const first = words[0] ?? '';
  phraseTable.set(
    first,
    [...(phraseTable.get(first) ?? []), { words, key }].sort((a, b) => b.words.length - a.words.length),
  );
}

/** Groups of words that say the same as `word`, whose stem is `stemmed`; empty for most words. */
export function synonymGroups(word: string, stemmed: string): readonly number[] {
  const own = groups.get(word) ?? none;
  const others = groups.get(stemmed) ?? none;
  return own === others || own.length === 0 ? others : [...own, ...others];
}
const none: readonly number[] = [];

/** The phrase that begins at `at` in `words`, longest first. */
export function phraseAt(words: readonly string[], at: number): { length: number; key: string } | undefined {
  const candidates = phraseTable.get(words[at] ?? '');
  const found = candidates?.find((c) => c.words.every((word, k) => words[at + k] === word));
  return found && { length: found.words.length, key: found.key };
}

const particleVerbs = new Set(
  'turn rotate switch power shut pull push put set plug move shift slide lift flip screw log sign zoom scroll fold take leave keep hold press roll swing tilt bring let lay go boot start spin ramp wind crank draw flick toggle snap click bend slip drive steer clip blow suck fade dial diall wheel run'
    .split(' ')
    .map(stem),
);

/** Whether a verb often has a particle that turns it round: on, off, up, down. */
export const takesParticle = (stemmed: string): boolean => particleVerbs.has(stemmed);

const noPlurals = new Set(
  'across afterwards always anyways backwards besides downwards forwards inwards minus nevertheless nowadays onwards otherwise outwards perhaps plus regardless sideways sometimes thus towards unless upwards versus whereas'.split(
    ' ',
  ),
);
const labels = new Set(
  'section chapter page step table figure position port channel bucket slot line row column level mode valve switch key pin lane well item note version stage type class group zone number no appendix part phase program method button'.split(
    ' ',
  ),
);

/** Whether a number before `word` counts it: "30 characters", not "position 3 towards …". `before` is the word in front of the number. */
export const isCounted = (word: string, before: string | undefined): boolean =>
  /^\p{Ll}{3,}s$/u.test(word) && !/[siu]s$/.test(word) && !noPlurals.has(word) && !labels.has(before ?? '');

const turning = ['un', 'in', 'im', 'ir', 'il', 'dis', 'non', 'non-', 'de', 'mis', 'anti', 'anti-'];
/** Words that only look like a turned word. */
const lookalikes = new Set([
  'depress',
  'input',
  'inside',
  'display',
  'detail',
  'define',
  'discard',
  'import',
  'discover',
]);

type Word = { word: string; stem: string; groups: readonly number[] };

/** Whether one word turns the other round: listed pairs, and un-, in-, dis-, non-, de-, mis-, -less against the bare word or, for un-, dis- and non-, a synonym of it. */
export function isOpposite(a: Word, b: Word): boolean {
  const x = stem(a.word);
  const y = stem(b.word);
  if (x === y) return false;
  for (const left of new Set([a.word, x, a.stem]))
    for (const right of new Set([b.word, y, b.stem])) if (opposites.has(`${left}/${right}`)) return true;
  return isTurned(a, b) || againstSynonym(a, b) || againstSynonym(b, a);
}

/** One word is the other, or a synonym of it, behind a syllable that turns it round. */
export function isTurned(a: Word, b: Word): boolean {
  const x = stem(a.word);
  const y = stem(b.word);
  return (
    turns(x, y) || turns(y, x) || turns(a.word, b.word) || turns(b.word, a.word) || bares(a, b) || bares(b, a)
  );
}

/** "hides" against "indicates", which stands for "shows". */
function againstSynonym(a: Word, b: Word): boolean {
  if (b.groups.length === 0) return false;
  return (oppositeGroups.get(stem(a.word)) ?? none).some((group) => b.groups.includes(group));
}

/** "unspecified" against "given". */
function bares(turned: Word, other: Word): boolean {
  const bare = /^(?:un|dis|non-?)(\p{L}{4,})$/u.exec(turned.word)?.[1];
  if (bare === undefined || lookalikes.has(turned.word) || other.groups.length === 0) return false;
  return synonymGroups(bare, stem(bare)).some((group) => other.groups.includes(group));
}

function turns(short: string, long: string): boolean {
  if (short.length < 3 || long.length <= short.length || lookalikes.has(long)) return false;
  if (long.endsWith('less')) return long.slice(0, 4) === short.slice(0, 4) && long.length - short.length <= 5;
  return turning.some((prefix) => long === prefix + short);
}
