"""How ten languages write counts of people, and how much of a full-time position each has.

Regular expressions over text in lower case. What is in none of them is not read (staff.py).
"""

from dataclasses import dataclass
from typing import Final

PERCENT: Final = (
    r"(?P<figure>\d{1,2}|100) ?(?:%|per ?cent|pro[cs]ent\w*|prozent|protsent\w*|procen\w*)"
)
DECIMAL: Final = r"(?P<figure>\d{1,2}(?:[.,]\d{1,2})?)"


@dataclass(frozen=True, slots=True)
class StaffWords:
    """One language's. `numbers`: words for 1, 2, 3 …, alternatives with `|`.

    `shares`: how people's positions are described, and the part of a full one; None where the
    percentage in it tells. `positions`: positions that are counted themselves, likewise. `one`: who
    is one person without a count. `purpose`: what leads to what a position is for.
    """

    numbers: str
    joined: str
    shares: tuple[tuple[str, float | None], ...]
    positions: tuple[tuple[str, float | None], ...]
    one: str
    purpose: str = r"(?!)"


# What is said of each of something, of at least or about so many, or of people who are no staff.
UNSURE: Final = (
    r"\bper\b(?! ?cent)|\bpr\.?\b|\beach\b|\bevery\b|\bvarje\b|\bvar\b|\bhver\w*|\bvarsin\w*|"
    r"\bkohti\b|"
    r"\bkohden\b|\bjoka\b|\bkuss\w+|\bkohta\b|\biga\w*|\bkatr\w+|\bkiekvien\w*|\bkażd\w+|\bje\b|"
    r"\bjede\w*|\bpro\b|\bbis\b|\bup to\b|\bat least\b|\babout\b|\bminst\w*|\bmindst\w*|\bca\b|"
    r"\bcirka\b|\bungefär\b|\bomtrent\b|\betwa\b|\brund\b|\bnoin\b|\benint\w+|\bvähint\w+|"
    r"\bumbes\b|\bvähemalt\b|\bkuni\b|\baptuveni\b|\bvismaz\b|\blīdz\b|\bapie\b|\bbent\b|\biki\b|"
    r"\bokoło\b|\bco najmniej\b|\bdo \d|\beller\b|\bor\b|\boder\b|\btai\b|\bvõi\b|\bvai\b|\barba\b|"
    r"\blub\b|\bno\b|\bnot\b|\bingen\b|\binte\b|\bikke\b|\bkein\w*|\bei\b|\bbez\b|\bbe\b|"
    r"particip|deltag|deltak|osallistu|osaleja|dalībniek|dalyvi|uczestni|teilnehm|praktikant|"
    r"trainee|intern\b|interns\b|student|pupil|elev|ungdom|jugend|noort|nuor|jauni|młod"
)
VOLUNTEERS: Final = (
    r"volunt|frivillig|ideell|ehrenamt|freiwillig|vapaaehto|vabatahtlik|brīvprātīg|savanor|"
    r"wolontari"
)

WORDS: Final = {
    "en": StaffWords(
        numbers="one|an|a two three four five six seven eight nine ten",
        joined=r"and|plus",
        shares=(
            (r"full[- ]time", 1),
            (r"half[- ]time", 0.5),
            (rf"at {PERCENT}(?: of full[- ]time)?", None),
            (rf"(?:in|on) an? {PERCENT} (?:position|post)", None),
        ),
        positions=((rf"{DECIMAL} (?:fte|full[- ]time equivalents?)", None),),
        one=r"(?:project )?coordinator",
        purpose=r"for",
    ),
    "sv": StaffWords(
        numbers="en|ett två tre fyra fem sex sju åtta nio tio",
        joined=r"och|samt",
        shares=(
            (r"på heltid|heltidsanställd\w*|heltid", 1),
            (r"på halvtid|halvtidsanställd\w*|halvtid", 0.5),
            (rf"(?:på|i) {PERCENT}(?: tjänst| av heltid)?", None),
        ),
        positions=(
            (rf"{DECIMAL} (?:heltidstjänst(?:er)?|helårstjänst(?:er)?|tjänst(?:er)?)", None),
        ),
        one=r"(?:projekt)?koordinator",
        purpose=r"för|som",
    ),
    "da": StaffWords(
        numbers="en|et|én|ét to tre fire fem seks syv otte ni ti",
        joined=r"og|samt",
        shares=(
            (r"på fuld tid|på fuldtid|fuldtidsansat\w*", 1),
            (r"på halv tid|på halvtid|halvtidsansat\w*", 0.5),
            (rf"(?:på|i) {PERCENT}(?: stilling| tid)?", None),
        ),
        positions=((rf"{DECIMAL} (?:fuldtidsstilling(?:er)?|stilling(?:er)?)", None),),
        one=r"(?:projekt)?koordinator",
        purpose=r"for|til|som",
    ),
    "nb": StaffWords(
        numbers="en|ei|et|én to tre fire fem seks sju|syv åtte ni ti",
        joined=r"og|samt",
        shares=(
            (r"i full stilling|på heltid|i heltidsstilling", 1),
            (r"i halv stilling|på halvtid|i halvstilling", 0.5),
            (rf"i (?:en )?{PERCENT}(?:s? ?stilling)?", None),
        ),
        positions=(
            (r"(?:en|én) full stilling", 1),
            (r"(?:en|én) halv stilling", 0.5),
            (rf"{DECIMAL} (?:hele )?(?:stilling(?:er)?)", None),
        ),
        one=r"(?:prosjekt)?(?:koordinator|rådgiver|leder)",
        purpose=r"for|til|som",
    ),
    "fi": StaffWords(
        numbers=("yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen"),
        joined=r"ja|sekä",
        shares=(
            (r"kokopäiväi\w+|kokoaikai\w+|täydellä työajalla", 1),
            (r"puolella työajalla|puolipäiväi\w+", 0.5),
            (rf"{PERCENT} työaja\w+", None),
        ),
        positions=(),
        one=r"(?:projekti)?koordinaattori|vastuuhenkilö",
    ),
    "et": StaffWords(
        numbers="üks kaks kolm neli viis kuus seitse kaheksa üheksa kümme",
        joined=r"ja|ning",
        shares=(
            (r"täiskohaga|täiskoormusega|täistööajaga", 1),
            (r"poole kohaga|poole koormusega|poolekohaga", 0.5),
            (r"kolmveerand ?(?:kohaga|koormusega)", 0.75),
            (r"veerand ?(?:kohaga|koormusega)", 0.25),
        ),
        positions=(),
        one=r"(?:projekti)?(?:koordinaator|juht)",
    ),
    "lv": StaffWords(
        numbers="viens|viena divi|divas trīs četri|četras pieci|piecas seši|sešas septiņi|septiņas",
        joined=r"un",
        shares=(
            (r"uz pilnu slodzi|pilnas slodzes|uz pilnas slodzes", 1),
            (r"uz pusslodzi|uz pusi slodzes|pusslodzē", 0.5),
            (r"ceturtdaļslodzē|uz ceturtdaļslodzi", 0.25),
        ),
        positions=(),
        one=r"(?:projekta )?koordinator(?:e|s)",
    ),
    "lt": StaffWords(
        numbers="vienas|viena du|dvi trys keturi|keturios penki|penkios šeši|šešios septyni",
        joined=r"ir|bei",
        shares=(
            (r"visu etatu|pilnu etatu|visą darbo dieną", 1),
            (r"puse etato|pusei etato|pusę etato", 0.5),
        ),
        positions=(),
        one=r"(?:projekto )?koordinator(?:ė|ius)",
    ),
    "pl": StaffWords(
        numbers="jeden|jedna dwóch|dwie|dwaj|dwoje trzech|trzy|trzej czterech|cztery pięciu|pięć "
        "sześciu|sześć siedmiu|siedem",
        joined=r"i|oraz",
        shares=(
            (r"na pełny etat|na pełnym etacie|na cały etat|na etat|na etacie", 1),
            (r"na pół etatu", 0.5),
            (r"na ćwierć etatu", 0.25),
        ),
        positions=(),
        one=r"koordynator(?:ka)?",
    ),
    "de": StaffWords(
        numbers="ein|eine|einer zwei drei vier fünf sechs sieben acht neun zehn",
        joined=r"und|sowie",
        shares=(
            (r"in vollzeit|auf vollzeit|vollzeit", 1),
            (r"mit halber stelle|auf halber stelle|halbtags", 0.5),
            (rf"(?:zu|mit|mit einer) {PERCENT}(?:[- ]?stelle)?", None),
        ),
        positions=(
            (r"eine (?:volle stelle|vollzeitstelle|ganze stelle)", 1),
            (r"eine (?:halbe stelle|halbtagsstelle)", 0.5),
            (r"eine dreiviertelstelle", 0.75),
            (rf"{DECIMAL} (?:vollzeitstellen?|stellen?|vzä)", None),
        ),
        one=r"(?:projekt)?(?:koordinator(?:in)?|koordination)",
        purpose=r"für|als",
    ),
}
