//! Feature `http`: requests and heads of answers as the types of the `http` crate.
#![cfg(feature = "http")]
#![allow(clippy::restriction)]

use ews_stream::request::Text;
use ews_stream::session::*;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

fn request(session: &mut Session) -> http::Request<Vec<u8>> {
    match session.poll_output(Instant::default()) {
        Output::Send(request) => {
            let post = request.to_http(Uri::from_static("https://mail.example.com/EWS/Exchange.asmx")).unwrap();
            assert_eq!(post.body(), request.body());
            assert_eq!(post.headers().len(), request.headers().count());
            for (name, value) in request.headers() {
                assert_eq!(post.headers().get(name).unwrap().as_bytes(), value.as_bytes());
            }
            post
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_is_a_post_with_all_its_fields() {
    let mut session = Session::new(Config::default(), 1);
    let anchor = Text::new("änna@example.com").unwrap();
    session.subscribe(Subscription::new().group(Group::new("group", anchor)));
    let post = request(&mut session);
    assert_eq!(post.method(), http::Method::POST);
    assert_eq!(post.uri().path(), "/EWS/Exchange.asmx");
    assert_eq!(post.headers()["content-type"], "text/xml; charset=utf-8");
    assert_eq!(post.headers()["x-anchormailbox"].as_bytes(), "änna@example.com".as_bytes());
}

#[test]
fn a_name_that_no_header_field_can_carry_is_left_out() {
    let mut session = Session::new(Config::default(), 1);
    let anchor = Text::new("anna\nX-Admin: yes").unwrap();
    session.subscribe(Subscription::new().group(Group::new("group", anchor)));
    let post = request(&mut session);
    assert_eq!((post.headers().get("x-anchormailbox"), post.headers().get("x-admin")), (None, None));
    assert_eq!(post.headers()["x-preferserveraffinity"], "true");
}

#[test]
fn a_head_counts_as_one_handed_in_by_parts() {
    let answer = |session: &mut Session| {
        let Output::Send(request) = session.poll_output(Instant::default()) else { panic!("a Subscribe is due") };
        request.id()
    };
    let mut headers = HeaderMap::new();
    headers.insert("Retry-After", HeaderValue::from_static("77"));
    let told = [true, false].map(|parts| {
        let mut session = Session::new(Config::default(), 1);
        session.subscribe(Subscription::new());
        let id = answer(&mut session);
        if parts {
            session.handle_head(id, 503, [("Retry-After", &b"77"[..])], Instant::default());
        } else {
            session.handle_http_head(id, StatusCode::SERVICE_UNAVAILABLE, &headers, Instant::default());
        }
        session.handle_end(id, Instant::default());
        format!("{:?}", session.poll_output(Instant::default()))
    });
    assert!(told[0].contains("Throttled"), "{}", told[0]);
    assert_eq!(told[0], told[1]);
}
