"""Things, people and places of stories that a person may be asked about: "Is there a ship in it?".

They are such as one remembers of a film and answers without thinking, in words that are rarely anything else. Deaths,
culprits and twists are not among them: a question is not to give an ending away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_THERE_IS = """
a ship: ship ships boat boats yacht vessel sailor sailors ferry steamer trawler
a submarine: submarine submarines
a raft or a lifeboat: raft lifeboat lifeboats castaway castaways shipwreck shipwrecked
a plane: plane planes airplane airplanes aircraft jet airport airliner airline
a helicopter: helicopter helicopters chopper
a train: train railway railroad locomotive trains subway
a bus: bus buses
a taxi: taxi taxis cab cabbie
a truck: truck trucks trucker lorry
a motorcycle: motorcycle motorcycles motorbike biker bikers
a bicycle: bicycle bicycles bike bikes cyclist
a car race: racing racer racers racetrack
a crash: crash crashes crashed wreck collision
a spaceship: spaceship spaceships spacecraft starship starships shuttle astronaut astronauts
+ aliens: alien aliens extraterrestrial extraterrestrials martian martians ufo
a robot: robot robots android androids cyborg cyborgs
a computer: computer computers hacker hackers laptop
a horse: horse horses horseback
a dog: dog dogs puppy puppies
a cat: cat cats kitten
a wolf: wolf wolves werewolf werewolves
an ape: ape apes gorilla monkey monkeys chimpanzee
a shark: shark sharks
a snake: snake snakes serpent
a rat or a mouse: rat rats mouse mice
an elephant: elephant elephants
a lion or a tiger: lion lions tiger tigers
a bird: bird birds pigeon pigeons crow crows eagle parrot
a fish: fish fishing fisherman fishermen
a whale or a dolphin: whale whales dolphin dolphins
+ insects: insect insects bees wasps ants spider spiders butterfly
a dinosaur: dinosaur dinosaurs
a dragon: dragon dragons
a vampire: vampire vampires dracula
+ zombies: zombie zombies undead
a ghost: ghost ghosts haunted haunting haunts
a demon or the devil: demon demons devil satan exorcism exorcist
a witch: witch witches witchcraft coven
a wizard or magic: wizard wizards sorcerer magic magical spell spells
+ angels: angel angels
a fairy or an elf: fairy fairies elf elves goblin dwarves
a mermaid: mermaid mermaids
a monster: monster monsters beast creature creatures
a mummy or a tomb: mummy tomb tombs pharaoh
a superhero: superhero superheroes supervillain superpowers
a doll or a puppet: doll dolls puppet puppets ventriloquist
a toy: toy toys
a king or a queen: king queen kingdom throne royal
a prince or a princess: prince princess
a knight: knight knights
a castle: castle castles
a sword: sword swords swordsman
a samurai: samurai ronin ninja ninjas shogun
a pirate: pirate pirates
a treasure: treasure treasures
a map: map maps
an island: island islands
a beach: beach beaches
a lake: lake lakes
a river: river rivers
a desert: desert deserts dunes oasis
a jungle: jungle jungles rainforest
a forest: forest forests woods
a mountain: mountain mountains climber climbers mountaineer
snow: snow snowy blizzard snowstorm avalanche ski skiing
a cave: cave caves cavern
a farm: farm farms farmer farmers ranch rancher
a village: village villages villagers
a circus or a fair: circus clown clowns carnival fairground trapeze acrobat
a hotel: hotel hotels motel inn
a hospital: hospital hospitals nurse nurses
a psychiatrist or an asylum: psychiatrist psychiatric asylum therapist psychologist
a wheelchair: wheelchair
a school: school schools classroom
a teacher: teacher teachers schoolteacher headmaster headmistress
a university: university college campus professor
a student: student students
an orphan: orphan orphans orphanage orphaned
a baby: baby babies infant newborn
+ twins: twin twins
a grandparent: grandfather grandmother grandpa grandma grandparents
a stepmother or stepfather: stepmother stepfather stepdaughter stepson
an uncle or an aunt: uncle aunt
a nanny or a governess: nanny governess babysitter
a maid or a butler: maid maids butler servant servants housekeeper
a wedding: wedding weddings bride groom bridesmaid
a divorce: divorce divorced divorces
a funeral: funeral funerals
a birthday: birthday
a dance or a ball: dance dances dancing dancer dancers ballet ballerina ballroom
a prom: prom homecoming
a church: church churches cathedral chapel
a priest: priest priests pastor preacher reverend bishop
a nun or a convent: nun nuns convent monastery monk monks
a cult or a sect: cult cults sect cultists
a cemetery: cemetery graveyard grave graves gravestone
a courtroom: courtroom jury judge trial
a lawyer: lawyer lawyers attorney prosecutor
a detective: detective detectives sleuth
a police officer: police policeman policemen cop cops sheriff
a spy: spy spies espionage
an assassin: assassin assassins hitman hitmen
a gangster or the mafia: gangster gangsters mafia mob mobster mobsters yakuza triad triads
a bank robbery: robbery robberies robbers heist robber bankrobbers
a thief: thief thieves burglar burglars pickpocket
a kidnapping: kidnap kidnaps kidnapped kidnapping kidnapper kidnappers ransom abducted
a hostage: hostage hostages
a con artist: con conman swindler swindle
+ drugs: drug drugs cocaine heroin dealer dealers addict marijuana
a bar: bar saloon pub tavern bartender
a nightclub: nightclub nightclubs cabaret
a casino or gambling: casino gambling gambler gamblers poker roulette
a restaurant: restaurant diner chef cook cooking cafe
a shop: shop store shopkeeper supermarket mall
a barber or a hairdresser: barber hairdresser salon
a bomb: bomb bombs explosives dynamite
a gun: gun guns pistol rifle shotgun revolver
a knife: knife knives razor
a chainsaw or an axe: chainsaw axe machete
poison: poison poisoned poisons poisoning
a soldier: soldier soldiers troops army
an officer of the army: colonel lieutenant sergeant captain
+ Nazis: nazi nazis gestapo ss hitler
a concentration camp: concentration auschwitz gulag
a pilot: pilot pilots
a terrorist: terrorist terrorists terrorism
a virus or a plague: virus plague epidemic outbreak disease infected quarantine
a nightmare or a dream: dream dreams nightmare nightmares
a blind person: blind blinded blindness
a scientist: scientist scientists laboratory lab experiment experiments
a doctor: doctor doctors surgeon physician
a machine: machine machines invention inventor
a writer: writer novelist author novel
a journalist: journalist journalists reporter reporters newspaper
a photographer: photographer photograph photographs photographer's
a painter or a painting: painter painting paintings portrait artist
a musician: musician musicians guitar guitarist violin violinist
a piano: piano pianist
a singer: singer singers sing sings singing song songs
an actor or an actress: actor actors actress actresses
a theatre: theatre theater playwright broadway
a television show: television tv
a radio: radio
a letter: letter letters
a diary: diary journal
a secret door or passage: tunnel tunnels passage
a mirror: mirror mirrors
a mask: mask masks masked
a costume: costume costumes disguise disguised disguises
a suitcase or a briefcase: suitcase suitcases briefcase
a necklace, a ring or diamonds: necklace diamond diamonds jewel jewels jewelry
a watch or a clock: clock clocks
a game: game games contest competition tournament
a boxer: boxer boxing boxers
+ martial arts: kung karate martial judo
a swimming pool: swimming swimmer
a bath: bath bathtub shower
an elevator: elevator elevators
a bridge: bridge bridges
a tower or a skyscraper: tower skyscraper rooftop
an attic or a cellar: attic cellar basement
a mansion: mansion estate manor
a cabin: cabin cottage
a tent or a camping trip: tent camping campfire campers
a garden: garden gardens gardener
a factory: factory factories
a mine: mines miner miners coal
a strike or a union: union unions strikers
a politician: president senator politician mayor governor minister congressman
an election: election campaign candidate
a revolution: revolution revolutionary rebels rebellion uprising
an emperor: emperor empire empress
+ gladiators or Romans: gladiator gladiators roman romans
+ Native Americans: indians apache sioux comanche cherokee
a cowboy: cowboy cowboys outlaw outlaws gunslinger
a bounty hunter: bounty
a slave: slave slaves slavery plantation
an immigrant: immigrant immigrants immigration refugee refugees
a tribe: tribe tribes tribal
a hunter: hunter hunters hunting
a thunderstorm or a flood: storm flood hurricane tornado thunderstorm
an earthquake or a volcano: earthquake volcano lava
a fire: fire fires flames burns
a meteor or the end of the world: meteor asteroid comet apocalypse apocalyptic
a prostitute: prostitute prostitutes brothel prostitution
an affair: affair affairs adultery unfaithful
a gay or lesbian couple: gay lesbian homosexual
a millionaire: millionaire billionaire tycoon wealthy
an inheritance or a will: inheritance heir heiress fortune inherits
a businessman: businessman businessmen executive corporation
a secretary: secretary
a salesman: salesman saleswoman
a waitress: waitress waiter
a widow or a widower: widow widower widowed
a road trip: hitchhiker hitchhiking hitchhike hitchhikers
a holiday: vacation holiday tourist tourists honeymoon
a roommate: roommate roommates
a museum: museum
a library: library librarian
a lighthouse: lighthouse
a zoo: zoo
a balloon or an airship: balloon balloons zeppelin
a parade: parade
a pig or a cow: pig pigs cow cows sheep goat goats
a rabbit: rabbit rabbits bunny
a statue: statue statues
a video tape: tape videotape vhs
a video game: arcade gamer
"""

_IN_OTHER_WORDS = """
space: Does some of it happen in space? : space galaxy planet planets orbit
war: Is there a war going on? : war wartime battlefield
teenagers: Is it about teenagers? : teenager teenagers teenage teen teens
children: Are there children in it? : children kids boys
new york: Does some of it happen in New York? : york manhattan brooklyn
los angeles: Does some of it happen in Los Angeles or Hollywood? : angeles hollywood
london: Does some of it happen in London? : london
paris: Does some of it happen in Paris? : paris
texas: Does some of it happen in Texas or Mexico? : texas mexico mexican
africa: Does some of it happen in Africa? : africa african egypt kenya
sea: Does some of it happen at sea? : sea ocean
future: Is it set in the future? : future futuristic dystopian post-apocalyptic
fbi: Does the FBI or the CIA come into it? : fbi cia
illness: Is somebody very ill in it? : cancer illness tumor leukemia terminally
deaf: Is somebody deaf or mute in it? : deaf mute
invisible: Is somebody invisible in it? : invisible invisibility
mind reader: Can somebody read minds in it? : telepathic telepathy psychic telekinesis telekinetic clairvoyant
football: Do they play football in it? : football quarterback soccer
baseball: Do they play baseball or basketball in it? : baseball basketball
chess: Do they play chess in it? : chess
blackmail: Is somebody blackmailed in it? : blackmail blackmails blackmailer blackmailed
drinking: Does somebody drink too much in it? : alcoholic alcoholism drunk drunken
gold: Is it about gold? : gold
christmas: Is it about Christmas? : christmas santa
film: Is it about making films? : filmmaker filmmakers screenwriter filming moviemaking
homeless: Is somebody homeless in it? : homeless tramp beggar hobo
time travel: Does somebody travel in time? : time-travel timeline time-traveler timelines
coma: Does somebody lie in a coma? : coma comatose
amnesia: Does somebody lose their memory? : amnesia amnesiac
pregnancy: Is somebody pregnant in it? : pregnant pregnancy
prison: Does some of it happen in a prison? : prison prisons prisoner prisoners jail inmate inmates convict convicts
small town: Is it set in a small town? : town
"""


_KEY = re.compile(r"^(?:an?|the|someone)\s+|,.*|\s+or\s.*", re.IGNORECASE)
"""What of "a king or a queen" is not its key."""


@dataclass(frozen=True, slots=True)
class StoryWord:
    """A thing of stories: how it is asked about, and the words, in lower case, by which a plot speaks of it."""

    key: str
    question: str
    words: frozenset[str]


@cache
def story_words() -> dict[str, StoryWord]:
    """All of them by key."""
    words = [*map(_there_is, _lines(_THERE_IS)), *map(_in_other_words, _lines(_IN_OTHER_WORDS))]
    return {word.key: word for word in words}


def _lines(table: str) -> list[list[str]]:
    return [[part.strip() for part in line.split(":")] for line in table.strip().splitlines()]


def _there_is(line: list[str]) -> StoryWord:
    thing, words = line
    verb = "Are" if thing.startswith("+") else "Is"
    thing = thing.removeprefix("+").strip()
    key = _KEY.sub("", thing).lower()
    return StoryWord(key, f"{verb} there {thing} in it?", frozenset(words.split()))


def _in_other_words(line: list[str]) -> StoryWord:
    key, question, words = line
    return StoryWord(key, question, frozenset(words.split()))


@cache
def words_of_stories() -> dict[str, tuple[str, ...]]:
    """Each word by which plots speak of such things -> the keys of these."""
    keys: dict[str, tuple[str, ...]] = {}
    for thing in story_words().values():
        for word in sorted(thing.words):
            keys[word] = (*keys.get(word, ()), thing.key)
    return keys
