//! Live events: who hears what, what is taken up after a lost line, how it ends.

use std::time::Duration;

use axum::response::Response;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use linli_webkit::live::{Live, LiveEvent, LiveFilter};
use linli_webkit::{AppError, codes};

fn event(seq: i64, place: &str) -> LiveEvent {
    LiveEvent { district: 1, seq, place_path: place.to_owned(), kind: "case".to_owned(), id: format!("c{seq}") }
}

fn one_district(under: &str) -> LiveFilter {
    LiveFilter { district: Some(1), under: under.to_owned(), ..LiveFilter::default() }
}

async fn nothing_missed(_: i64) -> Result<Option<Vec<LiveEvent>>, AppError> {
    Ok(Some(Vec::new()))
}

fn seen(id: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::HeaderName::from_static("last-event-id"), id.parse().unwrap())])
}

/// Everything said until the stream ends.
async fn to_the_end(response: Response) -> String {
    let bytes =
        tokio::time::timeout(Duration::from_secs(10), response.into_body().collect()).await.expect("the stream ends").unwrap();
    String::from_utf8(bytes.to_bytes().to_vec()).unwrap()
}

fn ids(said: &str) -> Vec<&str> {
    said.lines().filter_map(|l| l.strip_prefix("id: ")).collect()
}

#[tokio::test]
async fn a_reader_hears_its_place_and_its_kinds_only() {
    let live = Live::new(10);
    let mut filter = one_district("00010002");
    filter.kinds = &["case"];
    let response = live.stream(&HeaderMap::new(), filter, nothing_missed).await.unwrap();
    live.tell(event(1, "000100020003"));
    live.tell(event(2, "00010009"));
    live.tell(LiveEvent { kind: "visit".to_owned(), ..event(3, "00010002") });
    live.tell(LiveEvent { district: 2, ..event(4, "00010002") });
    live.tell(event(5, "00010002"));
    live.close();
    let said = to_the_end(response).await;
    assert_eq!(ids(&said), ["1", "5"]);
    let all = LiveFilter { kinds: &["cases.", "visit"], except: &["cases.looked"], ..one_district("") };
    for (kind, told) in [("cases.taken", true), ("cases.looked", false), ("visit", true), ("visits", false), ("casesX", false)] {
        assert_eq!(all.admits(&LiveEvent { kind: kind.to_owned(), ..event(6, "00010002") }), told, "{kind}");
    }
    assert!(said.contains(r#""kind":"case","id":"c5""#) && !said.contains("000100020003"), "places are not sent: {said}");
}

#[tokio::test]
async fn a_lost_line_is_taken_up_where_it_broke_and_nothing_comes_twice() {
    let live = Live::new(10);
    let hub = live.clone();
    let missed = move |after: i64| async move {
        assert_eq!(after, 3);
        // Committed between listening and looking: comes both ways, must be told once.
        hub.tell(event(5, "0001"));
        Ok(Some(vec![event(4, "0001"), event(5, "0001")]))
    };
    let response = live.stream(&seen("3"), one_district("0001"), missed).await.unwrap();
    live.tell(event(6, "0001"));
    live.close();
    assert_eq!(ids(&to_the_end(response).await), ["4", "5", "6"]);
}

#[tokio::test]
async fn too_much_missed_means_load_anew() {
    let live = Live::new(10);
    let too_much = live.stream(&seen("3"), one_district(""), |_| async { Ok(None) }).await.unwrap();
    let nonsense = live.stream(&seen("x"), one_district(""), nothing_missed).await.unwrap();
    let everywhere = live.stream(&seen("3"), LiveFilter::default(), nothing_missed).await.unwrap();
    let slow = live.stream(&HeaderMap::new(), one_district(""), nothing_missed).await.unwrap();
    for seq in 0..3_000 {
        live.tell(event(seq, "0001"));
    }
    live.close();
    for response in [too_much, nonsense, everywhere, slow] {
        assert!(to_the_end(response).await.contains("event: reload"));
    }
}

#[tokio::test]
async fn seats_are_bounded_and_given_back() {
    let live = Live::new(1);
    let first = live.stream(&HeaderMap::new(), one_district(""), nothing_missed).await.unwrap();
    let refused = live.stream(&HeaderMap::new(), one_district(""), nothing_missed).await.unwrap_err();
    assert_eq!((refused.code(), refused.retry_after_secs()), (codes::UNAVAILABLE, Some(30)));
    drop(first);
    live.stream(&HeaderMap::new(), one_district(""), nothing_missed).await.unwrap();
}

#[tokio::test]
async fn nobody_takes_the_seats_of_all_the_others() {
    let live = Live::new(100);
    let of = |reader: &str| LiveFilter { reader: reader.to_owned(), ..one_district("") };
    let mut held = Vec::new();
    for _ in 0..12 {
        held.push(live.stream(&HeaderMap::new(), of("greedy"), nothing_missed).await.unwrap());
    }
    let refused = live.stream(&HeaderMap::new(), of("greedy"), nothing_missed).await.unwrap_err();
    assert_eq!((refused.code(), refused.retry_after_secs()), (codes::UNAVAILABLE, Some(30)));
    live.stream(&HeaderMap::new(), of("another"), nothing_missed).await.unwrap();
    held.pop();
    live.stream(&HeaderMap::new(), of("greedy"), nothing_missed).await.expect("one was given back");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_by_itself_so_that_the_right_to_it_is_asked_again() {
    let live = Live::new(1);
    let response = live.stream(&HeaderMap::new(), LiveFilter::default(), nothing_missed).await.unwrap();
    let said =
        tokio::time::timeout(Duration::from_secs(16 * 60), response.into_body().collect()).await.expect("a quarter of an hour");
    let said = String::from_utf8(said.unwrap().to_bytes().to_vec()).unwrap();
    assert_eq!(ids(&said), ["0"], "who heard of many districts says so when coming again, and loads anew: {said}");
}
