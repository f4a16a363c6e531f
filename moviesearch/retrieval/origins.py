"""The names and codes of countries and languages: how people say them, and how films' records do. Pure.

Codes are those of ISO 3166 and ISO 639. All is as `storage.attributes.fold_name` folds it.
"""

from __future__ import annotations

from collections.abc import Iterator

from moviesearch.storage.attributes import Kind, fold_name

# The names of each, the one to show first. Behind ">" others that count as well where this one is asked for.
_COUNTRIES = """
Afghanistan|af|afg|afghan
Albania|al|alb|albanian
Algeria|dz|dza|algerian
Argentina|ar|arg|argentine|argentinian
Armenia|am|arm|armenian
Australia|au|aus|australian
Austria|at|aut|austrian|österreich
Bangladesh|bd|bgd|bangladeshi
Belarus|by|blr|belarusian
Belgium|be|bel|belgian
Bolivia|bo|bol|bolivian
Bosnia and Herzegovina|ba|bih|bosnia|bosnian|bosnia herzegovina > Yugoslavia
Brazil|br|bra|brazilian|brasil
Bulgaria|bg|bgr|bulgarian
Burkina Faso|bf|bfa
Cambodia|kh|khm|cambodian
Cameroon|cm|cmr|cameroonian
Canada|ca|can|canadian
Chad|td|tcd|chadian
Chile|cl|chl|chilean
China|cn|chn|chinese|people's republic of china|prc|mainland china
Colombia|co|col|colombian
Croatia|hr|hrv|croatian > Yugoslavia
Cuba|cu|cub|cuban
Cyprus|cy|cyp|cypriot
Czech Republic|cz|cze|czech|czechia > Czechoslovakia
Czechoslovakia|xc|cs|csk|czechoslovak|czechoslovakian
Denmark|dk|dnk|danish|danmark
Dominican Republic|do|dom|dominican
East Germany|xg|dd|ddr|gdr|german democratic republic|east german
Ecuador|ec|ecu|ecuadorian
Egypt|eg|egy|egyptian
Estonia|ee|est|estonian > Soviet Union
Ethiopia|et|eth|ethiopian
Finland|fi|fin|finnish|suomi
France|fr|fra|french
Georgia|ge|geo|georgian > Soviet Union
Germany|de|deu|ger|german|deutschland|federal republic of germany > West Germany|East Germany
Ghana|gh|gha|ghanaian
Greece|gr|grc|greek
Guatemala|gt|gtm|guatemalan
Hong Kong|hk|hkg|hong kong sar china
Hungary|hu|hun|hungarian
Iceland|is|isl|icelandic
India|in|ind|indian|bollywood|tamil|telugu|malayalam|kannada|bengali|marathi|punjabi|assamese
Indonesia|id|idn|indonesian
Iran|ir|irn|iranian|persian|islamic republic of iran
Iraq|iq|irq|iraqi
Ireland|ie|irl|irish|republic of ireland
Israel|il|isr|israeli
Italy|it|ita|italian|italia
Ivory Coast|ci|civ|cote d ivoire|cote divoire
Jamaica|jm|jam|jamaican
Japan|jp|jpn|japanese
Jordan|jo|jor|jordanian
Kazakhstan|kz|kaz|kazakh > Soviet Union
Kenya|ke|ken|kenyan
Latvia|lv|lva|latvian > Soviet Union
Lebanon|lb|lbn|lebanese
Lithuania|lt|ltu|lithuanian > Soviet Union
Luxembourg|lu|lux
Malaysia|my|mys|malaysian
Mali|ml|mli|malian
Mauritania|mr|mrt|mauritanian
Mexico|mx|mex|mexican|méxico
Mongolia|mn|mng|mongolian
Morocco|ma|mar|moroccan
Nepal|np|npl|nepali|nepalese
Netherlands|the netherlands|nl|nld|dutch|holland|nederland
New Zealand|nz|nzl|new zealander
Nigeria|ng|nga|nigerian|nollywood
North Korea|kp|prk|north korean
North Macedonia|mk|mkd|macedonia|macedonian > Yugoslavia
Norway|no|nor|norwegian|norge
Pakistan|pk|pak|pakistani
Palestine|ps|pse|palestinian|state of palestine|palestinian territory
Peru|pe|per|peruvian
Philippines|the philippines|ph|phl|philippine|filipino
Poland|pl|pol|polish|polska
Portugal|pt|prt|portuguese
Puerto Rico|pr|pri|puerto rican
Romania|ro|rou|romanian
Russia|ru|rus|russian|russian federation > Soviet Union
Saudi Arabia|sa|sau|saudi|saudi arabian
Senegal|sn|sen|senegalese
Serbia|rs|srb|serbian > Yugoslavia|Serbia and Montenegro
Serbia and Montenegro|xm|scg
Singapore|sg|sgp|singaporean
Slovakia|sk|svk|slovak|slovak republic > Czechoslovakia
Slovenia|si|svn|slovenian|slovene > Yugoslavia
South Africa|za|zaf|south african
South Korea|kr|kor|korea|korean|south korean|republic of korea
Soviet Union|su|sun|soviet|ussr|u s s r|union of soviet socialist republics
Spain|es|esp|spanish|españa
Sri Lanka|lk|lka|sri lankan|ceylon
Sweden|se|swe|swedish|sverige
Switzerland|ch|che|swiss
Syria|sy|syr|syrian
Taiwan|tw|twn|taiwanese|republic of china
Thailand|th|tha|thai
Tunisia|tn|tun|tunisian
Turkey|tr|tur|turkish|türkiye
Ukraine|ua|ukr|ukrainian > Soviet Union
United Arab Emirates|ae|are|uae|emirati
United Kingdom|uk|gb|gbr|british|english|great britain|britain|england|u k > Scotland|Wales|Northern Ireland
United States|the united states|us|usa|u s|u s a|united states of america|america|american|hollywood
Uruguay|uy|ury|uruguayan
Venezuela|ve|ven|venezuelan
Vietnam|vn|vnm|vietnamese|viet nam
West Germany|west german|brd|frg
Yugoslavia|xy|yu|yug|yugoslav|yugoslavian|sfr yugoslavia
Zambia|zm|zmb|zambian
"""

_LANGUAGES = """
Afrikaans|af|afr
Albanian|sq|sqi|alb|shqip
Amharic|am|amh
Arabic|ar|ara|arab
Armenian|hy|hye|arm
Basque|eu|eus|baq|euskera
Belarusian|be|bel
Bengali|bn|ben|bangla
Bosnian|bs|bos > Serbo-Croatian
Bulgarian|bg|bul
Burmese|my|mya
Cantonese|yue|cantonese chinese|zh hk|广州话 廣州話 > cn
Catalan|ca|cat|català
Chinese|zh|chi|zho|zh cn|普通话|中文 > Mandarin|Cantonese|cn|Hokkien|Min Nan
Croatian|hr|hrv|hrvatski > Serbo-Croatian
Czech|cs|ces|cze|český|čeština
Danish|da|dan|dansk
Dutch|nl|nld|dut|nederlands
English|en|eng
Estonian|et|est|eesti
Faroese|fo|fao
Filipino|fil|tagalog|tl|tgl
Finnish|fi|fin|suomi
Flemish|vlaams > Dutch
French|fr|fra|fre|français
Gaelic|gd|gla|scottish gaelic
Galician|gl|glg
Georgian|ka|kat|geo
German|de|deu|ger|deutsch
Greek|el|ell|gre|ελληνικά
Greenlandic|kl|kal
Hebrew|he|heb|iw|עברית
Hindi|hi|hin|हिन्दी|bollywood
Hokkien|nan|min nan|taiwanese|taiwanese hokkien
Hungarian|hu|hun|magyar
Icelandic|is|isl|ice
Indonesian|id|ind|bahasa indonesia
Inuktitut|iu|iku
Irish|ga|gle|irish gaelic|gaeilge
Italian|it|ita|italiano
Japanese|ja|jpn|jp|日本語
Kannada|kn|kan
Kazakh|kk|kaz
Khmer|km|khm|central khmer
Korean|ko|kor|한국어|한국어 조선말
Kurdish|ku|kur
Latin|la|lat
Latvian|lv|lav
Lithuanian|lt|lit
Macedonian|mk|mkd
Malay|ms|msa|may|bahasa melayu
Malayalam|ml|mal
Mandarin|cmn|mandarin chinese|standard mandarin|standard chinese > Chinese
Marathi|mr|mar
Mongolian|mn|mon
Nepali|ne|nep
Norwegian|no|nor|nb|nn|norsk|norwegian bokmal|bokmål|nynorsk
Persian|fa|fas|per|farsi|فارسی|dari
Polish|pl|pol|polski
Portuguese|pt|por|português|brazilian portuguese
Punjabi|pa|pan
Quechua|qu|que
Romanian|ro|ron|rum|română
Romani|rom|romany
Russian|ru|rus|русский
Serbian|sr|srp|srpski > Serbo-Croatian
Serbo-Croatian|sh|hbs
Sign language|sgn|american sign language|ase|british sign language
Silent|xx|zxx|no language|no spoken language|without dialogue|no dialogue|none spoken
Sinhalese|si|sin|sinhala
Slovak|sk|slk|slo|slovenčina
Slovenian|sl|slv|slovene
Somali|so|som
Spanish|es|spa|español|castilian
Swahili|sw|swa
Swedish|sv|swe|svenska
Tamil|ta|tam
Telugu|te|tel
Thai|th|tha|ภาษาไทย
Tibetan|bo|bod
Turkish|tr|tur|türkçe
Ukrainian|uk|ukr|український
Urdu|ur|urd
Vietnamese|vi|vie|tiếng việt
Welsh|cy|cym|wel
Wolof|wo|wol
Yiddish|yi|yid
Zulu|zu|zul
"""


class _Names:
    """The names of countries, or of languages."""

    def __init__(self, lines: str) -> None:
        self._groups: dict[str, list[str]] = {}
        self._shown: dict[str, str] = {}
        self._group_of: dict[str, str] = {}
        wider: dict[str, list[str]] = {}
        for line in lines.strip().splitlines():
            own, _, others = line.partition(" > ")
            names = own.split("|")
            key = fold_name(names[0])
            self._shown[key] = names[0]
            self._groups[key] = [fold_name(name) for name in names]
            wider[key] = [fold_name(name) for name in others.split("|") if name]
            self._group_of |= dict.fromkeys(self._groups[key], key)
        self._wider = {
            key: [spelling for name in names for spelling in self._groups.get(name, [name])]
            for key, names in wider.items()
        }

    def meant(self, folded: str) -> list[str]:
        key = self._group_of.get(folded)
        return [folded] if key is None else list(dict.fromkeys([folded, *self._groups[key], *self._wider[key]]))

    def shown(self, folded: str) -> str | None:
        return self._shown.get(self._group_of.get(folded, ""))

    def __iter__(self) -> Iterator[str]:
        return iter(self._group_of)


_NAMES: dict[Kind, _Names] = {}
"""Made when first needed."""


def _names(kind: Kind) -> _Names:
    if kind not in _NAMES:
        _NAMES[kind] = _Names(_COUNTRIES if kind == Kind.COUNTRY else _LANGUAGES)
    return _NAMES[kind]


def spellings(kind: Kind, folded: str) -> list[str]:
    """All names and codes, folded, of the country or language that a folded name means; that name comes first."""
    return _names(kind).meant(folded)


def shown_name(kind: Kind, name: str) -> str:
    """The English name of a country or language that a record names or gives a code of; the same where unknown."""
    return _names(kind).shown(fold_name(name)) or name


def known_names(kind: Kind) -> Iterator[str]:
    """All names and codes of countries, or of languages, folded."""
    return iter(_names(kind))
