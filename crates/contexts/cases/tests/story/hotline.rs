//! The receiver of the city's hotline: tickets in, every step out once, two clocks.

use axum::body::Body;
use http::{Request, StatusCode, header};
use linli_cases::commands::{self, Finish, NewTicket, Onward, Receipt, ReceivedTicket, TICKET_CLASS};
use linli_cases::{CaseId, CaseState, CasesError, ContactOutcome, FieldProblem, OutboxStep, queries};
use linli_db::Db;
use linli_kernel::{PlacePath, Ts};

use crate::house::{ADMINISTRATOR, COMMUNITY, DESK, DISTRICT, ESTATE, House, MANAGER, OFFICER, STEWARD, act, path, photo};
use crate::units::WATER;
use crate::web::{Answer, Web};

fn at(month: i8, day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, month, day).at(hour, 0, 0, 0)).unwrap()
}

pub fn ticket() -> NewTicket {
    NewTicket {
        ticket_no: "GD20261124001".to_owned(),
        title: "小区停水".to_owned(),
        content: "3 栋从昨晚开始停水,没有通知".to_owned(),
        category: "供水".to_owned(),
        place: path(ESTATE),
        place_named: true,
        within: PlacePath::root(),
        received_at: Some(at(11, 24, 8)),
        due_at: Some(at(11, 25, 8)),
        phone: Some("13800000000".to_owned()),
        rework: None,
        rework_at: None,
        fresh: true,
    }
}

impl House {
    pub async fn receive(&self, input: NewTicket) -> Result<ReceivedTicket, CasesError> {
        act!(self, tx => commands::receive_ticket(&self.system(), tx, &self.office, input.clone()))
    }

    pub async fn key(&self, place: &str) -> String {
        let name = format!("市热线 {place}");
        let made = act!(self, tx => commands::add_hotline_key(&self.system(), tx, (&name, path(place)))).unwrap();
        made.secret_text().to_owned()
    }

    pub async fn told(&self) -> Vec<OutboxStep> {
        let key = self.key(ESTATE).await;
        let mut read = self.db.read().await.unwrap();
        let known = commands::hotline_key(&mut read.conn(), &key).await.unwrap();
        queries::outbox(&mut read.conn(), &known, (0, 1_000)).await.unwrap()
    }

    /// Under another key: the name of the first is taken.
    async fn outbox_again(&self) -> Vec<OutboxStep> {
        let key = self.key(COMMUNITY).await;
        let mut read = self.db.read().await.unwrap();
        let known = commands::hotline_key(&mut read.conn(), &key).await.unwrap();
        queries::outbox(&mut read.conn(), &known, (0, 1_000)).await.unwrap()
    }

    pub async fn onward(&self, id: CaseId, how: Onward, why: &str) -> CaseState {
        act!(self, tx => commands::move_on(&self.staff(DESK), tx, &self.office, id, how, why)).unwrap().state
    }

    pub async fn answered(&self, id: CaseId) {
        act!(self, tx => commands::assign(&self.staff(DESK), tx, &self.office, id, MANAGER.owner().appointment)).unwrap();
        self.take(MANAGER, id).await.unwrap();
        let done = Finish { photos: vec![photo(9)], no_photo_because: None, done: Some("水管已修好".to_owned()) };
        act!(self, tx => commands::answer(&self.staff(MANAGER), tx, &self.office, id, done.clone())).unwrap();
    }
}

pub fn steps(told: &[OutboxStep]) -> Vec<(i64, &str)> {
    told.iter().map(|step| (step.step_no, step.step.as_str())).collect()
}

/// Takes a table of tickets: how many rows were accepted, changed, unchanged, rejected.
pub async fn table_of_tickets(house: &House, text: &str, dry_run: bool) -> (u64, u64, u64, u64) {
    let origin = crate::import::own(text);
    let mapping = linli_sheet::Mapping::by_name(&linli_cases::import::ticket_schema(), None);
    let source = linli_sheet::Source::open(&origin, mapping.hints(), &linli_sheet::Limits::default()).unwrap();
    let (format, lang) = (linli_sheet::ExportFormat::Csv, linli_sheet::Lang::Zh);
    let mut report = linli_sheet::Report::new(Vec::new(), format, source.headers(), lang).unwrap();
    let import = linli_cases::import::TicketImport {
        ctx: &house.staff(ADMINISTRATOR),
        db: &house.db,
        office: &house.office,
        neighbours: &crate::import::Keys,
        district: DISTRICT,
        dry_run,
        place: Some(path(ESTATE)),
        origin: &origin,
        limits: &linli_sheet::Limits::default(),
        say: &|error| format!("{} {}", error.field, error.code),
    };
    let totals = import.run(source, &mapping, &mut report, &mut |_| ()).await.unwrap();
    (totals.accepted, totals.changed, totals.unchanged, totals.rejected)
}

linli_db::both_databases! {
    /// Accept, contact, handle, answer; the city sends it back; answered again and closed: each step is told once, in order.
    async fn a_ticket_goes_its_way_and_the_city_is_told(db: Db) {
        let house = House::new(db).await;
        let received = house.receive(ticket()).await.unwrap();
        assert_eq!((received.receipt, received.ticket.city_due_at), (Receipt::New, Some(at(11, 25, 8))));
        let id = received.ticket.case;
        let case = house.case(id).await;
        assert_eq!((case.class.as_str(), case.channel.as_str(), case.state), (TICKET_CLASS, "api", CaseState::Reported));
        assert!(case.due_at.is_some() && case.due_at != Some(at(11, 25, 8)), "our clock is our own");
        assert!(case.description.starts_with("小区停水\n3 栋"));
        assert!(house.take(STEWARD, id).await.is_err(), "nothing is skipped");
        assert_eq!(house.onward(id, Onward::File, "").await, CaseState::Filed);

        let contacted = async |who, at, words: &str| act!(house, tx => commands::contacted(&house.staff(who), tx, id, (at, ContactOutcome::Reached, words)));
        assert!(matches!(contacted(DESK, None, " ").await, Err(CasesError::Field { field: "contact_words", .. })));
        for wrong in [at(11, 24, 7), at(11, 24, 10)] {
            let refused = contacted(DESK, Some(wrong), "已联系").await;
            assert!(matches!(refused, Err(CasesError::Field { field: "contact_at", problem: FieldProblem::NotSinceReceipt })));
        }
        contacted(DESK, Some(at(11, 24, 9)), "说明了抢修安排").await.unwrap();
        let ask = async |until, why| act!(house, tx => commands::ask_city(&house.staff(DESK), tx, id, (until, why)));
        assert!(matches!(ask(at(11, 25, 8), "缺件").await, Err(CasesError::Field { field: "city_until", problem: FieldProblem::NotLater })));
        assert!(matches!(ask(at(11, 27, 8), "").await, Err(CasesError::Field { field: "reason", .. })));
        ask(at(11, 27, 8), "阀门缺货").await.unwrap();
        act!(house, tx => commands::dispatch(&house.staff(DESK), tx, &house.office, id, MANAGER.owner().appointment)).unwrap();
        house.answered(id).await;
        assert_eq!(house.case(id).await.state, CaseState::Feedback);

        // The caller is not satisfied: the city sends it back, twice by a bad line.
        let back = NewTicket { rework: Some("居民反映水压仍不够".to_owned()), ..ticket() };
        assert_eq!(house.receive(back.clone()).await.unwrap().receipt, Receipt::Changed);
        assert_eq!(house.receive(back).await.unwrap().receipt, Receipt::Unchanged);
        assert_eq!(house.case(id).await.state, CaseState::Reworked);
        house.answered(id).await;
        assert_eq!(house.onward(id, Onward::AskReporter, "").await, CaseState::AwaitingConfirmation);
        act!(house, tx => commands::confirm(&house.staff(DESK), tx, &house.office, commands::Which::Id(id), None)).unwrap();
        let told = house.told().await;
        let expected = [(1, "accepted"), (2, "contacted"), (3, "time_asked"), (4, "answered"), (5, "answered"), (6, "closed")];
        assert_eq!(steps(&told), expected);
        assert!(told.iter().all(|step| step.ticket_no == "GD20261124001"));
        assert!(told.windows(2).all(|two| two[0].seq + 1 == two[1].seq), "without gaps");
        assert!(told[3].words == "水管已修好" && told[2].until == Some(at(11, 27, 8)));
        assert_eq!((told[1].outcome.as_deref(), told[1].words.as_str()), (Some("reached"), "说明了抢修安排"), "words alone");
        assert!(matches!(contacted(DESK, None, "已联系").await, Err(CasesError::Ended)));
        // Closed, and sent back once more: it is opened again, one level up is told.
        let again = NewTicket { rework: Some("又停水了".to_owned()), ..ticket() };
        house.receive(again).await.unwrap();
        assert_eq!(house.case(id).await.state, CaseState::Reopened);
        house.fold().await;
        house.clean().await;
    }

    /// The city's word for a ticket is found in the list of the place where it means exactly one class; the ticket still goes the way of tickets.
    async fn the_category_is_found_in_the_list_of_the_place(db: Db) {
        let house = House::new(db).await;
        let list = "一级分类,二级分类,三级分类,时限,责任岗位,办理流程,报修类别\n\
            公用事业,供水,停水,same_day,community_secretary,repair,water_pipe\n公用事业,供水,其他,,,,\n公用事业,供电,其他,,,,\n";
        crate::classes::listed(&house, list).await;
        let kept = async |no: &str, category: &str| {
            let input = NewTicket { ticket_no: no.to_owned(), category: category.to_owned(), ..ticket() };
            let id = house.receive(input).await.unwrap().ticket.case;
            house.case(id).await
        };
        for (no, category) in [("GD1", "停水"), ("GD2", "公用事业/供水/停水")] {
            let case = kept(no, category).await;
            assert_eq!((case.class.as_str(), case.profile.as_deref()), (TICKET_CLASS, None), "{category}");
            let mut read = house.db.read().await.unwrap();
            let class = queries::message_class(&mut read.conn(), DISTRICT, case.message_class.unwrap()).await.unwrap().unwrap();
            assert_eq!(class.path.to_string(), "公用事业 / 供水 / 停水", "{category}");
        }
        let (mapped, plain) = (kept("GD3", "停水").await, kept("GD4", "").await);
        assert!(mapped.due_at.is_some() && mapped.due_at != plain.due_at, "the clock that the city wrote beside its class counts");
        for (no, category) in [("GD5", "其他"), ("GD6", "供水"), ("GD7", "没有这一类"), ("GD8", "")] {
            assert_eq!(kept(no, category).await.message_class, None, "{category}: several, none that is a class, none");
        }
        house.clean().await;
    }


    /// The same words of sending back are a bad line before our answer and another time after it; a table says once more what was said
    /// before, unless it says when. What was returned to the city and comes again is worked on.
    async fn a_second_send_back_in_the_same_words_is_another_one(db: Db) {
        let house = House::new(db).await;
        let id = house.receive(ticket()).await.unwrap().ticket.case;
        house.onward(id, Onward::File, "").await;
        act!(house, tx => commands::dispatch(&house.staff(DESK), tx, &house.office, id, MANAGER.owner().appointment)).unwrap();
        house.answered(id).await;
        let back = NewTicket { rework: Some("居民不满意".to_owned()), ..ticket() };
        assert_eq!(house.receive(back.clone()).await.unwrap().receipt, Receipt::Changed);
        assert_eq!(house.receive(back.clone()).await.unwrap().receipt, Receipt::Unchanged, "not answered since: a bad line");
        house.answered(id).await;
        let table = NewTicket { fresh: false, ..back.clone() };
        assert_eq!(house.receive(table.clone()).await.unwrap().receipt, Receipt::Unchanged, "a table says what was said before");
        assert_eq!(house.receive(back.clone()).await.unwrap().receipt, Receipt::Changed);
        assert_eq!(house.case(id).await.state, CaseState::Reworked);
        house.answered(id).await;
        let dated = NewTicket { rework_at: Some(at(11, 24, 9)), ..table };
        assert_eq!(house.receive(dated.clone()).await.unwrap().receipt, Receipt::Changed, "it says when");
        assert_eq!(house.receive(dated).await.unwrap().receipt, Receipt::Unchanged);
        let early = NewTicket { rework_at: Some(at(11, 24, 7)), ..back };
        assert!(matches!(house.receive(early).await, Err(CasesError::Field { field: "rework_at", problem: FieldProblem::NotSinceReceipt })));

        let other = house.receive(NewTicket { ticket_no: "GD2".to_owned(), ..ticket() }).await.unwrap().ticket.case;
        act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, other, "不归我们管")).unwrap();
        let insists = NewTicket { ticket_no: "GD2".to_owned(), rework: Some("经核实属贵单位".to_owned()), ..ticket() };
        house.receive(insists).await.unwrap();
        let case = house.case(other).await;
        assert_eq!((case.state, case.ended_how), (CaseState::Reopened, None));
        house.fold().await;
        house.clean().await;
    }

    /// What was written for the city is erased after the time of the rules; that and when the step was done stays, without a gap.
    async fn what_the_city_was_told_is_kept_for_a_time(db: Db) {
        let house = House::new(db).await;
        let id = house.receive(ticket()).await.unwrap().ticket.case;
        act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, id, "王阿姨家不归我们管")).unwrap();
        let forget = async || act!(house, tx => commands::forget_outbox(&house.system(), tx, &house.office, 100)).unwrap();
        house.clock.advance_secs(1_094 * 86_400);
        assert_eq!(forget().await, 0);
        assert_eq!(house.told().await[0].words, "王阿姨家不归我们管");
        house.clock.advance_secs(2 * 86_400);
        assert_eq!((forget().await, forget().await), (1, 0));
        let told = house.outbox_again().await;
        assert_eq!((steps(&told), told[0].words.as_str(), told[0].erased_at.is_some()), (vec![(1, "returned")], "", true));
    }

    /// The same delivery changes nothing; another limit is a line; the caller's number is sealed and finds the case.
    async fn the_same_ticket_is_one_case(db: Db) {
        let house = House::new(db).await;
        let first = house.receive(ticket()).await.unwrap();
        let id = first.ticket.case;
        let lines = house.lines(id).await.len();
        let again = house.receive(ticket()).await.unwrap();
        assert_eq!((again.receipt, again.ticket.case, again.number), (Receipt::Unchanged, id, first.number));
        assert_eq!(house.lines(id).await.len(), lines);
        let later = NewTicket { due_at: Some(at(11, 28, 8)), ..ticket() };
        let changed = house.receive(later).await.unwrap();
        assert_eq!((changed.receipt, changed.ticket.city_due_at), (Receipt::Changed, Some(at(11, 28, 8))));
        let line = house.lines(id).await.pop().unwrap();
        assert_eq!((line.kind.as_str(), line.actor.as_str()), ("cases.ticket_changed", "system:hotline"));
        assert_eq!(line.facts()["city_due_before"], serde_json::json!(at(11, 25, 8)));
        let mut other = ticket();
        other.ticket_no = "GD20261124002".to_owned();
        assert_ne!(house.receive(other).await.unwrap().ticket.case, id);
        let found = act!(house, tx => commands::caller(&house.staff(DESK), tx, &house.office, "13800000000")).unwrap();
        assert_eq!(found.cases.len(), 2);
        // The city gives another number for the caller: from now on that one is called, and finds the case.
        let renumbered = NewTicket { phone: Some("13900000000".to_owned()), due_at: Some(at(11, 28, 8)), ..ticket() };
        assert_eq!(house.receive(renumbered).await.unwrap().receipt, Receipt::Changed);
        let found = act!(house, tx => commands::caller(&house.staff(DESK), tx, &house.office, "13900000000")).unwrap();
        assert_eq!(found.cases.iter().map(|case| case.id).collect::<Vec<_>>(), [id]);
        house.clean().await;
    }

    /// What is wrong is named, and nothing of it is kept.
    async fn a_wrong_ticket_leaves_nothing(db: Db) {
        let house = House::new(db).await;
        let field = async |input: NewTicket| match house.receive(input).await {
            Err(CasesError::Field { field, problem }) => (field, problem),
            other => panic!("{other:?}"),
        };
        let long = "水".repeat(4_001);
        assert_eq!(field(NewTicket { ticket_no: " ".to_owned(), ..ticket() }).await, ("ticket_no", FieldProblem::Required));
        assert_eq!(field(NewTicket { content: long, ..ticket() }).await, ("content", FieldProblem::TooLong { max: 4_000, found: 4_001 }));
        assert_eq!(field(NewTicket { content: "水".repeat(3_999), ..ticket() }).await.0, "content");
        assert_eq!(field(NewTicket { due_at: Some(at(11, 24, 8)), ..ticket() }).await, ("due_at", FieldProblem::BeforeReceipt));
        let next_year = NewTicket { received_at: Some(house.clock_now().plus_secs(365 * 86_400)), due_at: None, ..ticket() };
        assert_eq!(field(next_year).await, ("received_at", FieldProblem::InTheFuture));
        assert_eq!(field(NewTicket { phone: Some("张先生".to_owned()), ..ticket() }).await, ("phone", FieldProblem::NotAPhone));
        for who in [DESK, OFFICER] {
            let refused = act!(house, tx => commands::receive_ticket(&house.staff(who), tx, &house.office, ticket()));
            assert!(matches!(refused, Err(CasesError::Denied(_))));
        }
        let journal = linli_db::journal::after(&mut house.db.read().await.unwrap().conn(), DISTRICT, 0, 100).await.unwrap();
        assert!(journal.is_empty());
        act!(house, tx => commands::receive_ticket(&house.staff(ADMINISTRATOR), tx, &house.office, ticket())).unwrap();
        house.clean().await;
    }

    /// Not ours: with grounds it goes back to the city, and ends here. An organisation may answer a ticket too.
    async fn a_ticket_is_returned_with_grounds_or_answered_by_an_organisation(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let id = house.receive(ticket()).await.unwrap().ticket.case;
        let bare = act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, id, ""));
        assert!(matches!(bare, Err(CasesError::Field { field: "reason", .. })));
        act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, id, "该处属栖霞区管辖")).unwrap();
        let mut second = ticket();
        second.ticket_no = "GD20261124002".to_owned();
        let other = house.receive(second).await.unwrap().ticket.case;
        house.onward(other, Onward::File, "").await;
        house.entrust(DESK, other, WATER).await.unwrap();
        let link = house.unit_link(OFFICER, WATER, COMMUNITY).await.unwrap().token;
        act!(house, tx => commands::take_as_unit(&house.visitor(), tx, &house.office, &link, other)).unwrap();
        let done = Finish { photos: vec![photo(9)], no_photo_because: None, done: Some("已通水".to_owned()) };
        act!(house, tx => commands::finish_as_unit(&house.visitor(), tx, &house.office, &link, (other, done.clone()))).unwrap();
        let told = house.told().await;
        assert_eq!(steps(&told), [(1, "returned"), (1, "accepted"), (2, "answered")]);
        assert_eq!(told[0].words, "该处属栖霞区管辖");
        house.clean().await;
    }

    /// A table of tickets: rows are answered as deliveries are, a bad row leaves nothing, the same file again changes nothing.
    async fn a_table_of_tickets_is_taken_row_by_row(db: Db) {
        let house = House::new(db).await;
        let table = "工单编号,标题,内容,受理时间,办理时限,联系电话\n\
            GD1,停水,三栋停水,2026-11-24 08:00:00,2026-11-25 08:00:00,13800000000\n\
            ,没有编号,内容,2026-11-24 08:00:00,,\n\
            GD2,倒着的时限,内容,2026-11-24 08:00:00,2026-11-24 07:00:00,\n\
            GD3,没有时间,路灯不亮,,,\n\
            GD4,电话,内容,,,张先生\n";
        let take = async |text: &str, dry_run| table_of_tickets(&house, text, dry_run).await;
        assert_eq!(take(table, true).await, (2, 0, 0, 3));
        assert_eq!(take(table, false).await, (2, 0, 0, 3));
        house.clock.advance_secs(3_600);
        assert_eq!(take(table, false).await, (0, 0, 2, 3), "even where the table does not say when");
        assert_eq!(take(&table.replace("2026-11-25", "2026-11-26"), false).await, (0, 1, 1, 3));
        house.clean().await;
    }

    /// The same ticket several times in one file: each row is answered by what it did, and the same file again changes nothing to and fro.
    async fn a_ticket_that_is_twice_in_a_table_is_counted_as_it_was(db: Db) {
        let house = House::new(db).await;
        let rows = |tickets: &[&str]| format!("工单编号,标题,内容\n{}\n", tickets.join("\n"));
        let take = async |text: &str, dry_run| table_of_tickets(&house, text, dry_run).await;
        let same = rows(&["GD1,停水,三栋停水", "GD1,停水,三栋停水"]);
        assert_eq!(take(&same, true).await, (1, 0, 1, 0));
        assert_eq!(take(&same, false).await, (1, 0, 1, 0), "taken once, said once more");
        let told_twice = rows(&["GD2,停水,四栋停水", "GD3,停电,五栋停电", "GD2,停水,四栋还是停水"]);
        assert_eq!(take(&told_twice, false).await, (2, 1, 0, 0), "the second row of it says something else");
        let lines = async || linli_db::journal::last_seq(&mut house.db.read().await.unwrap().conn(), DISTRICT).await.unwrap();
        let before = lines().await;
        assert_eq!(take(&told_twice, false).await, (0, 0, 3, 0));
        assert_eq!(take(&same, false).await, (0, 0, 2, 0));
        assert_eq!(lines().await, before, "nothing was written");
        house.clean().await;
    }

    /// Through the router: the key, the fields, the same again, and what the city fetches with its cursor.
    async fn the_city_sends_and_fetches(db: Db) {
        let web = Web::open(db).await;
        let key = web.house.key(ESTATE).await;
        let send = async |key: &str, body: &str| {
            let request = Request::post("/api/v1/hotline/tickets").header(header::AUTHORIZATION, format!("Bearer {key}"));
            let request = request.header(header::CONTENT_TYPE, "application/json").header(header::ACCEPT, "application/json");
            web.send(request.body(Body::from(body.to_owned())).unwrap()).await
        };
        let fetch = async |key: &str, query: &str| -> Answer {
            let request = Request::get(format!("/api/v1/hotline/outbox?{query}")).header(header::AUTHORIZATION, format!("Bearer {key}"));
            web.send(request.header(header::ACCEPT, "application/json").body(Body::empty()).unwrap()).await
        };
        let good = r#"{"ticket_no":"GD1","title":"停水","content":"3栋停水","category":"供水","received_at":"2026-11-24T08:00:00+08:00","due_at":"2026-11-24T10:00:00+08:00"}"#;
        assert_eq!(send("l12345_nothing", good).await.status, StatusCode::UNAUTHORIZED);
        let wrong = send(&key, r#"{"ticket_no":"GD1","content":7,"urgency":"high","received_at":"gestern"}"#).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
        let named: serde_json::Value = serde_json::from_str(&wrong.text).unwrap();
        let mut fields: Vec<&str> = named["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["content", "received_at", "urgency"]);
        assert_eq!(send(&key, "{").await.status, StatusCode::BAD_REQUEST);
        let elsewhere = good.replace("\"category\"", "\"place\":\"00000001000100010002000100010001\",\"category\"");
        assert_eq!(send(&key, &elsewhere.replace("00010002", "00020002")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "beyond the key's place");
        let sent = send(&key, good).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
        let again = send(&key, good).await;
        assert_eq!(again.status, StatusCode::OK);
        let (sent, again): (serde_json::Value, serde_json::Value) = (serde_json::from_str(&sent.text).unwrap(), serde_json::from_str(&again.text).unwrap());
        assert_eq!((sent["receipt"].as_str(), again["receipt"].as_str(), &sent["number"]), (Some("new"), Some("unchanged"), &again["number"]));

        let id = web.get("/desk", Some(DESK)).await.text.split("/desk?case=").nth(1).unwrap()[..36].to_owned();
        let page = web.get(&format!("/cases/{id}"), Some(DESK)).await.text;
        for word in ["12345 工单", "GD1", "市热线时限", "还没有联系", "退回市热线"] {
            assert!(page.contains(word), "{word} is not in {page}");
        }
        assert_eq!(web.post(&format!("/cases/{id}/move"), Some(DESK), "event=file&idempotency_key=accept-001").await.status, StatusCode::SEE_OTHER);
        let wrong = web.post(&format!("/cases/{id}/contacted"), Some(DESK), "outcome=reached&contact_words=&form=contacted").await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("id=\"f-contact_words\""), "{}", wrong.text);
        let form = "outcome=reached&contact_words=已联系&form=contacted&idempotency_key=contact-01";
        assert_eq!(web.post(&format!("/cases/{id}/contacted"), Some(DESK), form).await.status, StatusCode::SEE_OTHER);
        let asked = "city_until=2026-11-26T10:00&reason=缺件&form=ask-city&idempotency_key=ask-city-01";
        assert_eq!(web.post(&format!("/cases/{id}/ask-city"), Some(DESK), asked).await.status, StatusCode::SEE_OTHER);
        // Past the city's limit, not past ours: said on the case and in the list.
        web.house.clock.set(at(11, 24, 11));
        assert!(web.get(&format!("/cases/{id}"), Some(DESK)).await.text.contains("市热线时限已过，我们的承诺时间还没有到"));
        assert!(web.get("/desk", Some(DESK)).await.text.contains("市限"));

        let first = fetch(&key, "limit=2").await;
        let first: serde_json::Value = serde_json::from_str(&first.text).unwrap();
        assert_eq!((first["steps"].as_array().unwrap().len(), first["next"].as_i64()), (2, Some(2)));
        let rest: serde_json::Value = serde_json::from_str(&fetch(&key, "after=2").await.text).unwrap();
        assert_eq!((rest["steps"][0]["step"].as_str(), rest["steps"].as_array().unwrap().len()), (Some("time_asked"), 1));
        let nothing: serde_json::Value = serde_json::from_str(&fetch(&key, "after=3").await.text).unwrap();
        assert_eq!((nothing["steps"].as_array().unwrap().len(), nothing["next"].as_i64()), (0, Some(3)));
        let contact = &first["steps"][1];
        assert_eq!((contact["outcome"].as_str(), contact["words"].as_str()), (Some("reached"), Some("已联系")), "{contact}");
        let table = fetch(&key, "format=csv").await.text;
        assert!(table.starts_with('\u{feff}') && table.lines().count() == 4, "{table}");
        for said in ["步骤序号,步骤,时间,相关时间,结果,内容,没有照片的原因", "GD1,2,联系诉求人,", ",已联系上,已联系,", "GD1,3,申请延期,"] {
            assert!(table.contains(said), "{said} is not in {table}");
        }
        let english = fetch(&key, "format=csv&lang=en").await.text;
        for said in ["Step no.,Step,When", "GD1,2,Caller contacted,", ",Reached,已联系,"] {
            assert!(english.contains(said), "{said} is not in {english}");
        }
        let book = fetch(&key, "format=xlsx").await;
        assert!(book.status == StatusCode::OK && book.text.starts_with("PK"), "a workbook");
        assert_eq!(fetch(&key, "format=pdf").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let elsewhere = web.house.key("00000001000100010009").await;
        let others: serde_json::Value = serde_json::from_str(&fetch(&elsewhere, "").await.text).unwrap();
        assert_eq!(others["steps"].as_array().unwrap().len(), 0, "of another place");
        let name = format!("市热线 {ESTATE}");
        let taken = act!(web.house, tx => commands::add_hotline_key(&web.house.system(), tx, (&name, path(ESTATE))));
        assert!(matches!(taken, Err(CasesError::Field { field: "name", problem: FieldProblem::NameTaken })));
        act!(web.house, tx => commands::revoke_hotline_key(&web.house.system(), tx, &name)).unwrap();
        assert_eq!(fetch(&key, "").await.status, StatusCode::UNAUTHORIZED);
        web.house.clean().await;
    }
}
