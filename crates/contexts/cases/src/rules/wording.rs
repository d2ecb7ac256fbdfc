//! Words of rule packs, found in what somebody wrote.

use std::collections::{HashMap, HashSet};

/// What stands between the parts of a word that others may stand between: `电动车…不见了`.
const BETWEEN: char = '…';
/// Most characters between two parts of a word.
const BETWEEN_MAX: usize = 16;
/// Where a clause ends: the parts of a word stand in one.
const CLAUSE_ENDS: [char; 13] = ['，', '。', '；', '！', '？', '、', ',', ';', '!', '?', '.', '\n', '：'];
/// What stands for anybody, at the beginning or the end of a word: `{who}被…砸`, `砸到{who}`.
pub(super) const WHO: &str = "{who}";
/// What stands before a word that begins a clause: `^被砸` says who speaks, without a word for him.
const FIRST: char = '^';

/// Whether a clause ends with this character.
pub(super) fn ends_clause(letter: char) -> bool {
    CLAUSE_ENDS.contains(&letter)
}

/// Whether a sentence ends with this character.
fn ends_sentence(letter: char) -> bool {
    matches!(letter, '。' | '；' | '！' | '？' | ';' | '!' | '?' | '\n')
}

/// Words by their first letter, each meaning the list it came from: a text is walked once, however many words there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    by_first: HashMap<char, Vec<Word>>,
    /// What people are called.
    people: Vec<String>,
}

#[derive(Debug, Clone)]
struct Word {
    text: String,
    /// One part, or several with others between them in one clause.
    parts: Vec<String>,
    before: Beside,
    after: Beside,
    letters: usize,
    meaning: usize,
}

/// What must stand beside a word in its clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Anything,
    /// Somebody, right beside it.
    Who,
    /// Somebody, with others between.
    WhoNear,
    /// Nothing: the clause begins with it.
    Nothing,
}

impl Word {
    /// Nothing for a word without a letter.
    fn read(text: &str, meaning: usize) -> Option<(char, Self)> {
        let (before, rest) = match (text.strip_prefix(WHO), text.strip_prefix(FIRST)) {
            (Some(rest), _) => (if rest.starts_with(BETWEEN) { Beside::WhoNear } else { Beside::Who }, rest),
            (None, Some(rest)) => (Beside::Nothing, rest),
            (None, None) => (Beside::Anything, text),
        };
        let (after, rest) = match rest.strip_suffix(WHO) {
            Some(rest) => (if rest.ends_with(BETWEEN) { Beside::WhoNear } else { Beside::Who }, rest),
            None => (Beside::Anything, rest),
        };
        let parts: Vec<String> = rest.split(BETWEEN).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let first = parts.first()?.chars().next()?;
        let letters = parts.iter().map(|part| part.chars().count()).sum();
        Some((first, Self { text: text.to_owned(), parts, before, after, letters, meaning }))
    }

    /// Whether the text (in lower case) says the word there.
    fn stands_at(&self, text: &str, at: usize, people: &[String]) -> bool {
        let Some(end) = self.end(text, at) else { return false };
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(end..).unwrap_or_default());
        let clause = before.rsplit(ends_clause).next().unwrap_or_default();
        let told_before = match self.before {
            Beside::Anything => true,
            Beside::Nothing => clause.trim().is_empty(),
            Beside::Who => people.iter().any(|who| ends_with(clause.trim_end(), who)),
            Beside::WhoNear => far(people).any(|who| names(last(clause, BETWEEN_MAX + who.chars().count()), who)),
        };
        told_before
            && match self.after {
                Beside::Anything | Beside::Nothing => true,
                Beside::Who => people.iter().any(|who| stands_at(after.trim_start(), 0, who)),
                Beside::WhoNear => {
                    let clause = after.split(ends_clause).next().unwrap_or_default();
                    far(people).any(|who| names(first(clause, BETWEEN_MAX + who.chars().count()), who))
                }
            }
    }

    /// Where the word ends that begins there.
    fn end(&self, text: &str, at: usize) -> Option<usize> {
        let (first, rest) = self.parts.split_first()?;
        if !stands_at(text, at, first) {
            return None;
        }
        rest.iter().try_fold(at + first.len(), |after, part| {
            let clause = text.get(after..).unwrap_or_default();
            let near = clause.char_indices().take_while(|(_, letter)| !ends_clause(*letter)).take(BETWEEN_MAX + 1);
            near.map(|(gap, _)| after + gap).find(|at| stands_at(text, *at, part)).map(|at| at + part.len())
        })
    }
}

/// Who counts from afar as well: 「人」 right before a word is somebody, in 「人行道」 or 「其他」 there is nobody.
fn far(people: &[String]) -> impl Iterator<Item = &String> {
    people.iter().filter(|who| who.chars().nth(1).is_some())
}

/// At most so many of its first characters.
fn first(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(at, _)| text.get(..at).unwrap_or_default())
}

/// At most so many of its last characters.
fn last(text: &str, characters: usize) -> &str {
    let beyond = text.chars().count().saturating_sub(characters);
    text.char_indices().nth(beyond).and_then(|(at, _)| text.get(at..)).unwrap_or_default()
}

/// Whether the text says the word anywhere.
fn names(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| stands_at(text, at, word))
}

fn ends_with(text: &str, word: &str) -> bool {
    text.strip_suffix(word).is_some_and(|before| stands_at(text, before.len(), word))
}

impl Words {
    pub(super) fn new<'a>(lists: impl Iterator<Item = &'a [String]>) -> Self {
        Self::about(&[], lists)
    }

    /// Words of which some are about somebody, and what people are called.
    pub(super) fn about<'a>(people: &[String], lists: impl Iterator<Item = &'a [String]>) -> Self {
        let mut by_first: HashMap<char, Vec<Word>> = HashMap::new();
        for (meaning, words) in lists.enumerate() {
            for (first, word) in words.iter().filter_map(|text| Word::read(text, meaning)) {
                by_first.entry(first).or_default().push(word);
            }
        }
        Self { by_first, people: people.iter().filter(|who| !who.trim().is_empty()).cloned().collect() }
    }

    /// What the text says: the meaning and the letters of every word, each once.
    pub(super) fn said_in(&self, text: &str) -> Vec<(usize, usize)> {
        self.found_in(text).into_iter().map(|(_, word)| (word.meaning, word.letters)).collect()
    }

    /// The words that the text says, each once.
    pub(super) fn words_in(&self, text: &str) -> HashSet<&str> {
        self.found_in(text).into_iter().map(|(_, word)| word.text.as_str()).collect()
    }

    /// The sentence in which the first of the words stands; `None` when the text says none of them.
    pub(super) fn sentence_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let nth = self.found_in(text).into_iter().map(|(at, _)| at).min()?;
        let at = text.char_indices().nth(nth).map_or(text.len(), |(at, _)| at);
        let (before, after) = text.split_at_checked(at)?;
        let begins = before.rsplit(ends_sentence).next().unwrap_or_default();
        let goes_on = after.split(ends_sentence).next().unwrap_or_default();
        let said = text.get(at.checked_sub(begins.len())?..at + goes_on.len())?;
        Some(said.trim()).filter(|said| !said.is_empty())
    }

    /// The words that the text says, each once, with the characters before the first mention.
    fn found_in(&self, text: &str) -> Vec<(usize, &Word)> {
        let text = text.to_lowercase();
        let mut said: Vec<(usize, &Word)> = Vec::new();
        for (nth, (at, letter)) in text.char_indices().enumerate() {
            for word in self.by_first.get(&letter).into_iter().flatten() {
                let known = said.iter().any(|(_, known)| std::ptr::eq(*known, word));
                if !known && word.stands_at(&text, at, &self.people) {
                    said.push((nth, word));
                }
            }
        }
        said
    }
}

/// Whether the text (in lower case) says the word there. Latin words must stand alone: `bin` is not in `cabin`.
pub(super) fn stands_at(text: &str, at: usize, word: &str) -> bool {
    if !text.get(at..).is_some_and(|rest| rest.starts_with(word)) {
        return false;
    }
    let letter = |c: char| c.is_ascii_alphanumeric();
    let before = || text.get(..at).and_then(|t| t.chars().next_back());
    let after = || text.get(at + word.len()..).and_then(|t| t.chars().next());
    !word.is_ascii() || !(before().is_some_and(letter) || after().is_some_and(letter))
}
