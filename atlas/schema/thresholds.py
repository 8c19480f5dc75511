"""Every number that decides what a figure means or whether it exists, each once, with its reason.

Measuring, analysing and showing take these from here, and so do the definitions in `figures`. A constant without a unit
in its name is a number of things, a share or a ratio. Sizes of buffers, of pages and of files are no thresholds, and
stay with the code that they serve.
"""

FEWEST_RECORDINGS = 5
"a feature that fires in fewer is rare and is not tested, nor is a label that fewer have; an exact test bears it"
SIGNIFICANT_Q = 0.05
"q of a finding lies below it, so that about one finding in twenty may be false"
CHANCE_AUROC = 0.5
"the AUROC of a feature that has nothing to do with a label: a finding lies above it"
CHANCE_LIFT = 1.0
"the lift of a feature that has nothing to do with a label: the lower bound of a best label's lies above it"
CUT_OFFS = (0.5, 0.9)
"a feature passes a test's cut-off where it fires, and above these quantiles of the recordings that it fires in"
INTERVAL = (0.025, 0.975)
"the ends of every interval: 95 % lie between"
BOOTSTRAP_DRAWS = 200
"of all recordings, for the interval of an AUROC: enough for its ends, and affordable for every label that is kept"
MATCHED_QUANTILE = 0.1
"of durations, over all clips or a dataset's: a matched stretch is as long, so that nine clips in ten can be tested"
MOST_WORDS = 200
"the words that most recordings hold are tested: a larger family would cost every word some of its power"
LABELS_KEPT = 20
"labels of smallest p are kept for each feature, with all that are significant: most tests say nothing"
TOP_RECORDINGS = 10
"strongest recordings, of which `precision10` asks how many have the label: what a listener would hear first"
SEARCH_STEPS = 10
"thresholds from 0 to just below the largest peak that a label's search tries: every tenth, as in AudioSAE's"
FEWEST_IN_HALF = 3
"recordings, or groups, with a label, and without it, in each half, for it to be searched: fewer decide nothing"
FEWEST_GROUPS = 20
"of recordings in a domain, such as speakers, for halves and bootstraps to keep them whole: fewer make uneven halves"
SHARING = 0.5
"of a dataset's recordings, or more, share a speaker, a text or a folder with another: `atlas index` says so"
STRONGEST_RECORDINGS = 20
"of a feature, at most, of which `r_precision` asks how many have the label"
SHUFFLES = 20
"of a label within its strata: the best F1 that they reach is what the search finds where there is nothing"
PROBE_FEATURES = 5
"of a label's sparse probe: few enough to be looked at one by one"
PROBE_PENALTY = 1.0
"times half the sum of squares of a probe's slopes, of standardised peaks: finite where a label is separated perfectly"
SPREADS_KEPT = 20
"labels of largest mean peak whose spread is kept for each feature and kind"
SPREAD_QUANTILES = (0.25, 0.5, 0.75, 0.95)
"of the peaks in a label's recordings"

SHIFTS = 5
"circular shifts of an alignment against its sound, evenly spaced: what a label's share is without its time"
FEWEST_TIMED_RECORDINGS = 20
"the test of a timed label is a normal approximation over recordings, which fewer do not bear"

STRONGEST_PEAKS = 16
"of a feature, one per recording and per text, of which its held-out peak purity is read: what a listener would check"
FEWEST_PEAKS_A_HALF = 4
"of these in each half of the recordings, for a purity to be read"
NAMED_PURITY = 0.75
"of a feature's held-out peaks stand at the phone, word or class that it is named after, or more"
MARGIN_PEAKS = 2
"of the peaks looked at, or more, by which a purity exceeds that of a control: one peak more may be luck"
MARGIN_F1 = 0.1
"by which a held-out F1 exceeds that of a control: the halves of a few dozen recordings do not tell smaller ones apart"
WIDEST_BASE = 0.25
"of frames: a class that holds more of them names nothing; half of speech is voiced, which random directions find, too"
LEANING_PURITY = 0.5
"of them stand at the one that a feature without a name leans to, or more: most of what a listener would check"
NEIGHBOURS_OF_A_WORD = 2
"words on each side of a peak's that make its text where that was made: whoever says them again says the same"
CONSONANTS_OF_A_PHRASE = 4
"on one side of a word, of seven kinds: they span one or two words, so that few phrases agree in them by chance"
EDGE_S = 0.04
"around the beginning or end of a word: the frames of its edge"
PAUSE_S = 0.15
"between words, or to the clip's border: silence; shorter gaps are within the closure of a stop"

FEWEST_DATASETS = 2
"inside a domain, for a feature to be called specialised to it: with one, it may as well be that dataset's codec"
FEWEST_IN_DATASET = 5
"tested recordings of a dataset, for it to count as one of them and in the worst AUROC"
WORST_AUROC = 0.6
"a feature specialised to a domain tells every dataset inside from every one outside at least this well"
FOLLOWED_RANK = 0.4
"rank correlation of peaks with loudness or length within datasets, or more: the feature follows that, whatever sounds"
TAUS = {"frame": (0.2, 0.1, 0.04), "audio": (0.5, 0.3)}
"AudioSAE's grades, by level: by how much the rate in one domain exceeds that in every other"
ACTIVE_RATE = 0.01
"of a domain's clips: a feature that fires in fewer is not counted as active there, where domains are compared"

DENSE_DENSITY = 0.1
"of valid frames: a feature that is active on more is dense, and is no detector of anything rare"
ONSET_S = 0.5
"from a window's start: the part in which a positional feature fires"
ONSET_SHARE = 0.5
"of the active frames of a positional feature lie in that part, or more"
ONSET_RATIO = 3.0
"a positional feature's rate in that part over its rate elsewhere is larger, so that short clips alone do not make one"
DATASET_SHARE = 0.9
"of the clips that a feature fires in, in one dataset of a domain that has several: it may hear a codec or a room"

CLIP_EDGE_S = 0.1
"from the beginning or end of a clip: a peak there may be of how the clip was cut, and not of what is heard"
CLIP_EDGE_SHARE = 0.5
"of the strongest recordings of a feature, or more, peak there: it is one of clip edges, and no label of clips names it"
SILENCE_DB = -20.0
"below the corpus mean, averaged over bands: sound of which little but the noise of a recording is left"
NAMED_F1 = 0.5
"held out, or more, for a feature to be named after a label of clips"
NAMED_PHI = 0.4
"held out, or more: F1 alone is high for a label that most recordings have"
NAMED_PRECISION = 0.6
"of a feature's ten strongest recordings, and of as many as have the label, have the one that it is named after"
OTHER_LABEL = 0.5
"of the recordings with the rarer of two labels have the other, or more: the two say nearly the same"
EACH_PRECISION = 0.4
"of a feature's ten strongest recordings, or more, have each of two labels that name it together, and not the other"
APART_PHI = 0.2
"held out, or more, for a second label to tell features of one name apart"
APART_PRECISION = 0.5
"of the ten strongest recordings have such a label, or more: what is in brackets is heard on the page"
PURE_SHARE = 0.5
"AudioSAE calls a feature by the phone that holds more than this share of its active frames"
PADDING_SHARE = 0.5
"of padded frames: a feature without another name that fires on more of them is called padding"
PADDING_TIMES = 2.0
"or one that fires on padding so many times as densely as on sound"

FEWEST_SAMPLED_FRAMES = 30
"active ones, for a feature to be compared with others: a share of fewer frames says little"
MATCHED_OVERLAP = 0.5
"two features whose χ is larger are the same: each is active on most frames of the other"
HARDLY_REPRODUCIBLE = 0.1
"of a dictionary's features matched in a second seed: one of less is said to be hardly reproducible"
OVERLAP_BINS = 20
"of the histogram of best χ, equally wide, so that the upper half is what is matched"
OVERLAPS_KEPT = 3
"features of each other dictionary that are kept as neighbours by χ"
NEIGHBOURS_KEPT = 10
"features of the same dictionary that are kept as neighbours by direction, and by co-firing"
FEWEST_TOGETHER_FRAMES = 10
"on which two features are both active, for them to count as firing together: one shared moment is no habit"
FEWEST_TOGETHER_RECORDINGS = 3
"among which these frames lie, as frames that follow each other are one sound"
FEWEST_COMMON_FRAMES = 1000
"that two atlases must have sampled alike to be compared: 20 s of Whisper's frames"

FEWEST_LABELS = 5
"that could be tested, for a mean over labels to be told: of fewer, each is looked at by itself"
CONTROL_FEATURES = 1024
"directions of a control at most, and as many of the dictionary's features beside them: what is found grows with them"

L0_GUARD_TIMES = 4
"times k: codes that are denser in calibration stop the run, as a wrong tap or scale makes them"
L0_GUARD_DENSITY = 0.1
"of all features: the same guard for a dictionary without k"
TEMPLATES = 1024
"centred activations of random frames, at most, that matching pursuit chooses from: its work grows with their number"
HELD_OUT_FRAMES = 2**12
"of a half of the calibration sample, at most, on which a dictionary is held against PCA and matching pursuit"
FEWEST_HELD_OUT_FRAMES = 2**9
"of them where the sample has more, however large L0 is: pursuit's work grows with its square, so frames become fewer"
PURSUIT_ATOMS = 128
"a frame, up to which pursuit is run on all of these frames"
FEWEST_HALF_RECORDINGS = 3
"in a half of the calibration sample, for the other one to be held out at all: fewer stand for no corpus"
FRAMES_A_COMPONENT = 8
"in a half of the calibration sample, for components and templates to be drawn from: fewer fit the half and no other"
SNIPPET_REACH_S = 1.5
"on either side of a peak: what an example plays and traces"
DRAWN_CLIPS = 32
"of smallest content hash among those that a feature fires in: what its examples other than the top ones are drawn from"
TRACKED_FEATURES = 12
"features whose course over a clip is kept: those with most activation in it"
QUIET_WITHIN_DB = 3.0
"by which the level of a clip without the feature may differ from the clip that it is held against"

HEARD_ONE_IN = 5
"top clips, at least, carry a label that search calls heard in a feature"
FEWEST_HEARD = 2
"such clips, unless a feature has only one"
NEAR_OVERLAP = 0.1
"of active frames in common: with less, a page names no feature of another dictionary as its like"

FEWEST_SHIFT_FRAMES = 15
"active ones in a half of the recordings, for a mean of a column over them: half of those that a feature needs at all"
LEAST_SHIFT = 0.5
"standard deviations: a feature's shift of a column is kept where that of a half is as large, as most are far smaller"
HELD_SHIFT = 1.0
"standard deviations: a shift is held out where it is as large in each half, which few features reach by chance"

VOICED_PERIODICITY = 0.7
"a frame is voiced, and has an f0, from here: the mean square of what differs between periods is 30 % of chance's"
F0_RANGE_HZ = (60.0, 1000.0)
"from a low man's voice to a high woman's singing; a longer period needs a longer window than a frame's"

NEAR_S = 0.2
"of an edited frame: a token that is said within it is near; about a syllable, and more than a token is misplaced by"
EFFECT_RECORDINGS = 16
"of half B on which an ablation is measured, one clip each: four from every quartile of the feature's clip peaks"
FEWEST_EFFECT_RECORDINGS = 8
"of half B that a feature fires in, for its effect to be measured: a median of fewer says little"
DOSES = (0.5, 1.0, 2.0, 4.0)
"times the 90th percentile of a feature's active values"
DOSE_RECORDINGS = 8
"of the sixteen on which doses are tried: a curve needs fewer than a test"
DOSE_SHARE = 0.2
"of a budget of passes, for dose curves of features that pass"
SILENT_STRETCH_S = 0.2
"of a clip in which a feature never fires, where it is set to each dose"
FEWEST_DRAWN = 20
"features drawn at random of which a share says something of all: of fewer, its interval is nearly half of all there is"
CONTROL_DIRECTIONS = 20
"of each kind in a full set of controls: a rank among twenty is told to a twentieth"
ABLATION_SHARE = 0.6
"of a budget of passes, for ablations and their decoys: as many features as can be, as each is a result"
CONTROL_SHARE = 0.2
"of a budget of passes, for full sets of controls"
FEWEST_CONTROL_RECORDINGS = 4
"on which a full set of controls is measured: with fewer, features go without one rather than each with less"
SCREENING_DIRECTIONS = 16
"of the covariance that each feature's first-order effect is held against: it chooses, and is never told as the effect"
COVARIANCE_CLIPS = 64
"of half A, those of smallest content hash: some 20,000 frames, many times as many as a tap has units"
HEARD_NATS = 1.0
"by which a word's log-probability falls when the audio is silence, or more: of less, the language model says the word"
EFFECT_TOKENS_KEPT = 10
"tokens that lose most, and as many that gain most, over all clips of a feature"
FEWEST_TOKEN_RECORDINGS = 2
"in which a token is said near the edited frames, for it to be listed: one clip's word is no habit"

TAKEN_FOR_SPEECH = 0.5
"no-speech probability of an unedited recording without speech, below which the model takes it for speech: AudioSAE's"
SILENCE_NO_SPEECH = 0.6
"no-speech probability above which a text does not count as said, if it is improbable too: as in whisper.transcribe"
SILENCE_LOGPROB = -1.0
"mean log-probability of a token, below which such a text is improbable: as in whisper.transcribe"
HALLUCINATION_COUNTS = (10, 25, 100)
"features of largest weight that are shifted together, as AudioSAE has them"
HALLUCINATION_DOSES = (1.0, 2.0, 3.0)
"times the mean active value of each feature, by which it is shifted, as AudioSAE has them"
LANGUAGE_COUNTS = (1, 5, 10)
"features of largest difference between two languages that are taken away, or added, together"
RANDOM_SETS = 5
"of as many random features, moved by an equal norm: their range shows what any features do, and costs most of the time"
SILENT_RECORDINGS_A = 200
"without speech, at most, of half A on which features are chosen: one position of the decoder each, so many are cheap"
SILENT_RECORDINGS = 60
"without speech, at most, of half B: a rate near one half is then known to about an eighth"
STEERED_SPEECH_RECORDINGS = 30
"of speech, at most, of half B, on which it is looked at what steering costs in words"
FEWEST_STEERED_RECORDINGS = 8
"in each half, for an experiment to be made, and with a text, for it to be what is said: a rate of fewer says little"
FEWEST_TEXT_RECORDINGS = 2
"without speech of which a text is written, for it to be told: what is written of one alone may be of somebody's life"
FEWEST_LANGUAGE_RECORDINGS = 10
"of a language, in both halves together, for it to be steered to or from, as in the cross-lingual experiments"
MOST_LANGUAGES = 6
"of most recordings, between all pairs of which it is steered: the pairs grow with the square"
LANGUAGE_RECORDINGS = 50
"of a language and half, at most, whose means and shifts are looked at: enough for a median"
STEERED_TOKENS = 64
"that are written of a recording, at most: loops are not followed to their end, and 15 s of speech have fewer"
LONGEST_STEERED_S = 15.0
"of a recording of speech, so that what is said of it fits into these tokens"
