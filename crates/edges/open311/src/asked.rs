//! The arguments of a request: an empty one is an absent one, lists are comma separated and may be repeated.

use jiff::Timestamp;
use linli_cases::queries::PublishedFilter;
use linli_kernel::Ts;

use crate::answer::Refusal;

/// The longest span of one answer, and the usual one.
pub(crate) const SPAN_DAYS: i64 = 90;
/// Most requests of one answer.
pub(crate) const MOST: usize = 1_000;
/// Requests that can be reached by paging; whoever needs more narrows the dates.
const MOST_PAGED: usize = 10_000;
/// Most requests of one answer with their notes, which cost a look each.
const MOST_WITH_NOTES: usize = 100;

/// The arguments as they were sent, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args(Vec<(String, String)>);

impl Args {
    /// From the query of an address.
    pub(crate) fn of_query(query: &str) -> Self {
        Self::of_pairs(form_urlencoded::parse(query.as_bytes()).map(|(k, v)| (k.into_owned(), v.into_owned())))
    }

    /// From pairs.
    pub(crate) fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name, value.trim().to_owned()))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        )
    }

    /// These, and what only the others have.
    pub(crate) fn or(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The first value of an argument.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// An argument that can have one value only and was sent with two is refused: whichever was taken, the other was meant as well.
    pub(crate) fn once(&self, names: &[&str]) -> Result<(), Refusal> {
        let twice = |name: &&&str| self.all(name).any(|value| Some(value) != self.get(name));
        match names.iter().find(twice) {
            Some(name) => Err(Refusal::wrong("open311-error-twice").arg("field", *name)),
            None => Ok(()),
        }
    }

    /// All values of an argument.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The values of a list, in order, each once.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for value in self.all(name).flat_map(|values| values.split(',')).map(str::trim).filter(|value| !value.is_empty()) {
            if !found.iter().any(|known| known == value) {
                found.push(value.to_owned());
            }
        }
        found
    }

    /// The answers to the questions of a class: `attribute[code]=v`, and `attribute[code][]=v` for each of several.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let code = name.strip_prefix("attribute[")?.trim_end_matches("[]").strip_suffix(']')?;
            Some((code, value.as_str()))
        })
    }

    /// Whether the extensions were asked for.
    pub(crate) fn extended(&self) -> bool {
        self.get("extensions") == Some("true")
    }
}

/// What a list of requests is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// These, whatever else was said.
    Numbers(Vec<String>),
    /// The newest of those that fit, `take` after `skip`.
    Fitting { filter: PublishedFilter, skip: usize, take: usize },
}

impl Wanted {
    /// Reads the arguments of GET requests.
    pub(crate) fn of(args: &Args, now: Ts) -> Result<Self, Refusal> {
        args.once(&["start_date", "end_date", "page", "page_size", "extensions"])?;
        let numbers = args.list("service_request_id");
        let most = if args.extended() { MOST_WITH_NOTES } else { MOST };
        if numbers.len() > most {
            return Err(Refusal::wrong("open311-error-too-many").arg("most", most.to_string()));
        }
        if !numbers.is_empty() {
            return Ok(Self::Numbers(numbers));
        }
        let (from, to) = span(instant(args, "start_date")?, instant(args, "end_date")?, now)?;
        let filter = PublishedFilter { classes: args.list("service_code"), open: open(args)?, from, to };
        let (skip, take) = page(args)?;
        Ok(Self::Fitting { filter, skip, take })
    }
}

/// `open`, `closed`, both, or all.
fn open(args: &Args) -> Result<Option<bool>, Refusal> {
    let words = args.list("status");
    if let Some(unknown) = words.iter().find(|word| !matches!(word.as_str(), "open" | "closed")) {
        return Err(Refusal::wrong("open311-error-status").arg("status", unknown.as_str()));
    }
    let has = |word: &str| words.iter().any(|known| known == word);
    Ok(if has("open") == has("closed") { None } else { Some(has("open")) })
}

/// The span of time. A single end opens a span of 90 days in the direction of time that it leaves open.
fn span(start: Option<Ts>, end: Option<Ts>, now: Ts) -> Result<(Ts, Ts), Refusal> {
    let days = |n: i64| n * 86_400;
    match (start, end) {
        (None, None) => Ok((now.plus_secs(-days(SPAN_DAYS)), now)),
        (Some(start), None) => Ok((start, start.plus_secs(days(SPAN_DAYS)))),
        (None, Some(end)) => Ok((end.plus_secs(-days(SPAN_DAYS)), to_its_end(end))),
        (Some(start), Some(end)) if end.0 < start.0 => Err(Refusal::wrong("open311-error-span-backwards")),
        (Some(start), Some(end)) if end.0 > start.plus_secs(days(SPAN_DAYS)).0 => {
            Err(Refusal::wrong("open311-error-span").arg("days", SPAN_DAYS.to_string()))
        }
        (Some(start), Some(end)) => Ok((start, to_its_end(end))),
    }
}

/// Instants are shown to the second, so a whole second that is named means all of it.
const fn to_its_end(end: Ts) -> Ts {
    if end.0.rem_euclid(1_000_000) == 0 { Ts(end.0.saturating_add(999_999)) } else { end }
}

/// An instant with its zone. The plus of `+08:00` that was not encoded arrives as a blank.
fn instant(args: &Args, name: &'static str) -> Result<Option<Ts>, Refusal> {
    let Some(sent) = args.get(name) else { return Ok(None) };
    let zoned = match sent.rsplit_once(' ') {
        Some((moment, zone)) if moment.contains('T') => format!("{moment}+{zone}"),
        _ => sent.to_owned(),
    };
    match zoned.parse::<Timestamp>() {
        Ok(at) if zoned.contains('T') => Ok(Some(at.into())),
        _ => Err(Refusal::wrong("open311-error-date").arg("field", name).arg("value", sent)),
    }
}

/// How many to leave out and how many to give. Without `page` and `page_size` there are no pages.
fn page(args: &Args) -> Result<(usize, usize), Refusal> {
    let number = |name: &'static str| match args.get(name).map(str::parse::<usize>) {
        None => Ok(None),
        Some(Ok(n)) if n > 0 => Ok(Some(n)),
        Some(_) => Err(Refusal::wrong("open311-error-page").arg("field", name)),
    };
    let (page, size) = (number("page")?, number("page_size")?);
    let most = if args.extended() { MOST_WITH_NOTES } else { MOST };
    let take = size.unwrap_or(most).min(most);
    let skip = page.unwrap_or(1).saturating_sub(1).saturating_mul(take);
    if skip.saturating_add(take) > MOST_PAGED {
        return Err(Refusal::wrong("open311-error-page-far").arg("most", MOST_PAGED.to_string()));
    }
    Ok((skip, take))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> Result<Wanted, Refusal> {
        Wanted::of(&Args::of_query(query), Ts(1_790_000_000_000_000))
    }

    fn fitting(query: &str) -> (PublishedFilter, usize, usize) {
        match wanted(query).unwrap() {
            Wanted::Fitting { filter, skip, take } => (filter, skip, take),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_empty_argument_is_an_absent_one() {
        let usual = fitting("");
        assert_eq!(fitting("status=&service_code=&start_date=&end_date=&service_request_id=&page=&page_size=%20"), usual);
        assert_eq!((usual.1, usual.2), (0, 1_000));
        assert_eq!(usual.0.to.secs_since(usual.0.from), 90 * 86_400);
    }

    #[test]
    fn lists_are_comma_separated_and_repeated() {
        assert_eq!(fitting("service_code=a,b&service_code=c,%20a").0.classes, ["a", "b", "c"]);
        assert_eq!(fitting("status=open").0.open, Some(true));
        assert_eq!(fitting("status=closed").0.open, Some(false));
        assert_eq!(fitting("status=open,closed").0.open, None);
        assert!(wanted("status=new").is_err());
        assert!(wanted("page=1&page=2").is_err() && wanted("page=2&page=2").is_ok());
        assert!(wanted("start_date=2026-01-01T00:00:00Z&start_date=2026-01-02T00:00:00Z").is_err());
    }

    #[test]
    fn ids_override_everything_else() {
        let ids = Wanted::Numbers(vec!["1".to_owned(), "2".to_owned()]);
        assert_eq!(wanted("service_request_id=1,2&status=nonsense&start_date=nonsense").unwrap(), ids);
    }

    /// The notes of a request cost a look each, whichever way it is asked for.
    #[test]
    fn of_ids_with_notes_fewer_are_given() {
        let ids = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert!(wanted(&format!("service_request_id={}", ids(1_000))).is_ok());
        assert!(wanted(&format!("service_request_id={}", ids(1_001))).is_err());
        assert!(wanted(&format!("extensions=true&service_request_id={}", ids(100))).is_ok());
        assert!(wanted(&format!("extensions=true&service_request_id={}", ids(101))).is_err());
    }

    #[test]
    fn a_span_is_90_days_at_most() {
        let span = |query: &str| {
            let filter = fitting(query).0;
            (filter.from.rfc3339(), filter.to.rfc3339())
        };
        let quarter = ("2026-01-01T00:00:00+08:00".to_owned(), "2026-04-01T00:00:00+08:00".to_owned());
        assert_eq!(span("start_date=2026-01-01T00:00:00%2B08:00&end_date=2026-03-31T16:00:00Z"), quarter);
        assert_eq!(span("start_date=2026-01-01T00:00:00+08:00"), quarter, "an open end is 90 days on");
        assert_eq!(span("end_date=2026-04-01T00:00:00+08:00"), quarter);
        assert_eq!(
            fitting("end_date=2026-04-01T00:00:00Z").0.to.0 % 1_000_000,
            999_999,
            "the second that is named belongs to it"
        );
        assert_eq!(fitting("end_date=2026-04-01T00:00:00.5Z").0.to.0 % 1_000_000, 500_000);
        assert!(wanted("start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:01Z").is_err());
        assert!(wanted("start_date=2026-01-02T00:00:00Z&end_date=2026-01-01T00:00:00Z").is_err());
        for no_date in ["2026-01-01", "2026-01-01T00:00:00", "yesterday", "2026-13-01T00:00:00Z"] {
            assert!(wanted(&format!("start_date={no_date}")).is_err(), "{no_date}");
        }
    }

    #[test]
    fn pages_only_when_asked_for() {
        let page = |query: &str| (fitting(query).1, fitting(query).2);
        assert_eq!(page("page=3&page_size=50"), (100, 50));
        assert_eq!(page("page_size=5000"), (0, 1_000));
        assert_eq!(page("extensions=true"), (0, 100));
        for wrong in ["page=0", "page=x", "page_size=-1", "page=101&page_size=100"] {
            assert!(wanted(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn attributes_one_and_several() {
        let args = Args::of_query("attribute[A]=1&attribute%5BB%5D%5B%5D=x&attribute[B][]=y&attribute[C]=&attribute=z");
        assert_eq!(args.attributes().collect::<Vec<_>>(), [("A", "1"), ("B", "x"), ("B", "y")]);
    }
}
