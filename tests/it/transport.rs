//! Transports against real sockets: one set of behaviours, the same for every client.

use std::time::Duration;

mod cases;
mod certificates;
mod clients;
mod doubles;
mod files;
mod heads;
mod hints;
mod http2;
mod hyper_only;
mod reqwest_only;
mod runtimes;
mod secrets;
mod tower;
mod whole_way;

/// Far beyond every limit that a test sets: a test that reaches it hangs.
async fn within_patience<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), test).await.expect("the test hangs")
}

/// A test for each behaviour, by its module, and each client.
macro_rules! each_client {
    ($($cases:ident: [$($case:ident),* $(,)?]),* $(,)?) => {
        mod hyper { $($(#[tokio::test] async fn $case() {
            super::within_patience(super::$cases::$case(super::clients::hyper)).await;
        })*)* }
        mod hyper_blocking { $($(#[tokio::test] async fn $case() {
            super::within_patience(super::$cases::$case(super::clients::hyper_blocking)).await;
        })*)* }
        mod reqwest { $($(#[tokio::test] async fn $case() {
            super::within_patience(super::$cases::$case(super::clients::reqwest)).await;
        })*)* }
        mod ureq { $($(#[tokio::test] async fn $case() {
            super::within_patience(super::$cases::$case(super::clients::ureq)).await;
        })*)* }
    };
}

each_client!(cases: [
    any_status_is_an_answer,
    method_headers_and_body_arrive,
    a_redirect_is_an_answer,
    a_connection_is_used_again,
    a_body_of_exactly_the_limit_is_taken,
    a_body_that_announces_too_much_is_refused,
    a_body_that_announces_too_much_is_too_large_even_if_it_is_cut,
    an_endless_body_is_refused_at_the_limit,
    a_body_that_ends_before_its_length_is_cut_short,
    a_body_that_ends_before_its_last_chunk_is_cut_short,
    a_reset_within_the_body_is_cut_short,
    silence_is_a_timeout,
    a_request_may_have_a_timeout_of_its_own,
    a_body_slower_than_the_limit_is_a_timeout,
    a_connection_closed_before_the_answer_may_be_tried_again,
    what_is_not_http_is_no_answer,
    a_refused_connection_is_told_with_its_port,
    an_unknown_host_is_told_by_name,
    plain_http_to_another_machine_is_not_sent,
    a_certificate_of_an_added_ca_is_trusted,
    a_certificate_of_an_unknown_ca_is_not,
    a_certificate_of_a_ca_made_anew_is_not,
    a_certificate_for_another_host_is_not,
    an_expired_certificate_is_not,
    a_server_without_tls_is_told,
    a_handshake_broken_off_may_be_tried_again,
    a_proxy_with_a_password_leads_to_the_host,
    a_wrong_password_is_the_proxys_refusal,
    a_missing_password_is_the_proxys_refusal,
    a_host_named_as_direct_does_not_go_through_the_proxy,
    plain_http_goes_through_a_proxy_if_it_is_allowed,
    plain_http_to_this_machine_goes_through_no_proxy,
], files: [
    a_file_arrives_byte_for_byte_with_its_length,
    bytes_in_memory_are_sent_as_files_are,
    a_file_that_changed_is_named_and_its_request_not_completed,
    a_file_that_is_gone_or_broken_is_named_with_the_reason,
    a_file_goes_over_tls_too,
    a_response_that_comes_before_the_body_was_sent_is_a_response,
    a_body_that_nobody_takes_is_a_timeout,
    a_file_that_is_slow_to_read_holds_nothing_else_up,
]);

/// reqwest has a pool that no single request can avoid.
mod of_their_own {
    use super::{cases, clients, within_patience};

    #[tokio::test]
    async fn hyper() {
        within_patience(cases::a_request_may_have_a_connection_of_its_own(clients::hyper)).await;
    }

    #[tokio::test]
    async fn hyper_blocking() {
        within_patience(cases::a_request_may_have_a_connection_of_its_own(clients::hyper_blocking)).await;
    }

    #[tokio::test]
    async fn ureq() {
        within_patience(cases::a_request_may_have_a_connection_of_its_own(clients::ureq)).await;
    }
}

/// The same for the clients that speak HTTP/2.
macro_rules! each_http2_client {
    ($($case:ident),* $(,)?) => {
        mod over_http2 { $(mod $case {
            #[tokio::test] async fn hyper() {
                super::super::within_patience(super::super::cases::$case(super::super::clients::hyper)).await;
            }
            #[tokio::test] async fn reqwest() {
                super::super::within_patience(super::super::cases::$case(super::super::clients::reqwest)).await;
            }
        })* }
    };
}

each_http2_client!(http2_is_spoken_if_the_server_has_it, a_dropped_future_gives_the_request_up);
