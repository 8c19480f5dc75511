"""What corpora call languages -> the codes that Whisper and its tokenizer have for them.

Read are ISO 639-1 (en), 639-2 in both of its forms (deu and ger), 639-3 (cmn), each with or without region or script
(en-GB, zh_Hant), and English names as Whisper has them.
"""

from types import MappingProxyType

from whisper.tokenizer import TO_LANGUAGE_CODE

ENGLISH = "en"

_ROWS = """
en eng, zh zho chi cmn, de deu ger, es spa, ru rus, ko kor, fr fra fre, ja jpn, pt por, tr tur, pl pol, ca cat,
nl nld dut, ar ara arb, sv swe, it ita, id ind in, hi hin, fi fin, vi vie, he heb iw, uk ukr, el ell gre,
ms msa may zsm zlm, cs ces cze, ro ron rum mo, da dan, hu hun, ta tam, no nor nb nob, th tha, ur urd, hr hrv, bg bul,
lt lit, la lat, mi mri mao, ml mal, cy cym wel, sk slk slo, te tel, fa fas per pes prs, lv lav lvs, bn ben, sr srp,
az aze azj, sl slv, kn kan, et est ekk, mk mkd mac, br bre, eu eus baq, is isl ice, hy hye arm, ne nep npi,
mn mon khk, bs bos, kk kaz, sq sqi alb als, sw swa swh, gl glg, mr mar, pa pan, si sin, km khm, sn sna, yo yor,
so som, af afr, oc oci, ka kat geo, be bel, tg tgk, sd snd, gu guj, am amh, yi yid ydd, lo lao, uz uzb uzn, fo fao,
ht hat, ps pus pbt pbu, tk tuk, nn nno, mt mlt, sa san, lb ltz, my mya bur, bo bod tib, tl tgl fil, mg mlg plt,
as asm, tt tat, haw, ln lin, ha hau, ba bak, jw jv jav, su sun, yue
"""
"Whisper's code, then ISO's others: 639-2, the commonest member of a macrolanguage (639-3), and codes that changed"
_CODES = MappingProxyType({name: row.split()[0] for row in _ROWS.split(",") for name in row.split()})


def language_code(language: str) -> str:
    """Whisper's code of a language; a name that nobody knows stays as it is, without region and case."""
    name = language.strip().casefold().replace("_", "-").partition("-")[0]
    return _CODES.get(name) or TO_LANGUAGE_CODE.get(name, name)


def is_english(language: str) -> bool:
    """Whether en, en-GB, eng, English or the like."""
    return language_code(language) == ENGLISH
