"""The words of Wikipedia's film categories. Longer phrases come first: one may begin with another."""

from __future__ import annotations


def _longest_first(table: dict[str, str]) -> dict[str, str]:
    return dict(sorted(table.items(), key=lambda entry: -len(entry[0])))


GENRES = _longest_first(
    {word: word for word in (
        "action", "adventure", "animated", "anime", "anthology", "art", "biographical", "black comedy", "buddy",
        "children's", "christmas", "comedy", "coming-of-age", "crime", "dance", "disaster", "documentary", "drama",
        "epic", "erotic", "experimental", "fantasy", "film noir", "gangster", "ghost", "giallo", "heist", "historical",
        "horror", "independent", "legal", "martial arts", "melodrama", "monster", "musical", "mystery", "neo-noir",
        "noir", "parody", "police", "political", "prison", "psychological", "road", "romance", "romantic", "samurai",
        "satirical", "science fiction", "serial killer", "short", "silent", "slapstick", "slasher", "spy",
        "superhero", "supernatural", "survival", "suspense", "sword-and-sandal", "teen", "thriller", "tragedy",
        "vampire", "war", "western", "zombie",
    )}
    | {"comedy-drama": "comedy-drama", "comedy drama": "comedy-drama", "sports": "sport", "sport": "sport",
       "romantic comedy": "romantic comedy", "romantic drama": "romantic drama", "western (genre)": "western",
       "lgbtq-related": "lgbtq", "lgbt-related": "lgbtq"}
)  # fmt: skip
"""Phrase of a category -> genre."""

COUNTRIES = _longest_first({
    "Afghan": "Afghanistan", "Albanian": "Albania", "Algerian": "Algeria", "American": "United States",
    "Argentine": "Argentina", "Armenian": "Armenia", "Australian": "Australia", "Austrian": "Austria",
    "Azerbaijani": "Azerbaijan", "Bangladeshi": "Bangladesh", "Belarusian": "Belarus", "Belgian": "Belgium",
    "Bolivian": "Bolivia", "Bosnia and Herzegovina": "Bosnia and Herzegovina", "Brazilian": "Brazil",
    "British": "United Kingdom", "Bulgarian": "Bulgaria", "Cambodian": "Cambodia", "Canadian": "Canada",
    "Chilean": "Chile", "Chinese": "China", "Colombian": "Colombia", "Croatian": "Croatia", "Cuban": "Cuba",
    "Cypriot": "Cyprus", "Czech": "Czech Republic", "Czechoslovak": "Czechoslovakia", "Danish": "Denmark",
    "Dutch": "Netherlands", "East German": "East Germany", "Egyptian": "Egypt", "English": "United Kingdom",
    "Estonian": "Estonia", "Ethiopian": "Ethiopia", "Filipino": "Philippines", "Philippine": "Philippines",
    "Finnish": "Finland", "French": "France", "German": "Germany", "Georgian": "Georgia",
    "Greek": "Greece", "Hong Kong": "Hong Kong", "Hungarian": "Hungary", "Icelandic": "Iceland", "Indian": "India",
    "Indonesian": "Indonesia", "Iranian": "Iran", "Iraqi": "Iraq", "Irish": "Ireland", "Israeli": "Israel",
    "Italian": "Italy", "Japanese": "Japan", "Kazakhstani": "Kazakhstan", "Kenyan": "Kenya", "Latvian": "Latvia",
    "Lebanese": "Lebanon", "Lithuanian": "Lithuania", "Luxembourgian": "Luxembourg", "Macedonian": "North Macedonia",
    "Malaysian": "Malaysia", "Mexican": "Mexico", "Mongolian": "Mongolia", "Moroccan": "Morocco", "Nepalese": "Nepal",
    "New Zealand": "New Zealand", "Nigerian": "Nigeria", "Norwegian": "Norway", "Pakistani": "Pakistan",
    "Palestinian": "Palestine", "Peruvian": "Peru", "Polish": "Poland", "Portuguese": "Portugal",
    "Puerto Rican": "Puerto Rico", "Romanian": "Romania", "Russian": "Russia", "Scottish": "United Kingdom",
    "Senegalese": "Senegal", "Serbian": "Serbia", "Singaporean": "Singapore", "Slovak": "Slovakia",
    "Slovenian": "Slovenia", "South African": "South Africa", "South Korean": "South Korea", "Soviet": "Soviet Union",
    "Spanish": "Spain", "Sri Lankan": "Sri Lanka", "Swedish": "Sweden", "Swiss": "Switzerland", "Syrian": "Syria",
    "Taiwanese": "Taiwan", "Thai": "Thailand", "Tunisian": "Tunisia", "Turkish": "Turkey", "Ukrainian": "Ukraine",
    "Uruguayan": "Uruguay", "Venezuelan": "Venezuela", "Vietnamese": "Vietnam", "Welsh": "United Kingdom",
    "West German": "West Germany", "Yugoslav": "Yugoslavia",
})  # fmt: skip
"""Adjective of a category -> country."""
