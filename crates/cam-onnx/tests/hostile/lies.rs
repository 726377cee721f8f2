//! Files that ask for more than they hold.

use std::time::{Duration, Instant};

use cam_onnx::array::Data;
use cam_onnx::proto::ElementType;
use cam_onnx::{Broken, Error, numbers};

use crate::support::{Message, constant, read_bytes, tensor, varint};

/// A message that ends with a field that claims so many bytes and has none.
fn claiming(message: Message, field: u64, claim: u64) -> Message {
    let mut message = message.tag(field, 2);
    varint(&mut message.0, claim);
    message
}

#[test]
fn claims_of_gigabytes_are_refused_where_they_stand() {
    for claim in [1, 200, 1 << 31, (1 << 31) - 1, 1 << 40, u64::MAX] {
        let claims = [
            claiming(Message::new(), 2, claim),
            claiming(Message::new(), 7, claim),
            Message::new().message(7, &claiming(Message::new(), 5, claim)),
            Message::new()
                .message(7, &Message::new().message(5, &claiming(Message::new(), 9, claim))),
            Message::new()
                .message(7, &Message::new().message(5, &claiming(Message::new(), 4, claim))),
            Message::new()
                .message(7, &Message::new().message(5, &claiming(Message::new(), 7, claim))),
            Message::new()
                .message(7, &Message::new().message(1, &claiming(Message::new(), 3, claim))),
            claiming(Message::new(), 999, claim),
        ];
        for file in claims {
            match read_bytes(&file.0).expect_err("nothing is there") {
                Error::Malformed { what: Broken::Length { wanted, left: 0 }, .. } => {
                    assert_eq!(wanted, claim);
                }
                error => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_length_is_held_against_its_message_and_not_the_file() {
    // The node says 100 bytes, which the file has, but the graph around it has not.
    let graph = claiming(Message::new(), 1, 100);
    let file = Message::new().message(7, &graph).bytes(6, [0; 200]);
    let error = read_bytes(&file.0).expect_err("it leads out of the graph");
    assert!(
        matches!(error, Error::Malformed { what: Broken::Length { wanted: 100, left: 0 }, .. }),
        "{error}"
    );
}

#[test]
fn sides_of_terabytes_with_four_bytes_allocate_nothing() {
    let before = Instant::now();
    for dims in [&[1 << 40][..], &[1 << 20, 1 << 20], &[i64::MAX]] {
        let (tensor, source) =
            constant(&tensor(ElementType::U8, dims).bytes(9, [0; 4])).expect("a place only");
        numbers(&tensor, &source, None).expect_err("four bytes are there");
    }
    assert!(before.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_integer_of_eleven_bytes_is_an_error() {
    let mut file = Message::new().tag(1, 0);
    file.0.extend([0xff; 10]);
    file.0.push(0);
    let error = read_bytes(&file.0).expect_err("over 64 bits");
    assert!(matches!(error, Error::Malformed { place: 1, what: Broken::Varint }), "{error}");
}

/// Graphs in nodes in graphs, so many messages deep.
fn nested(depth: usize) -> Vec<u8> {
    let fields = [7, 1, 5, 6];
    // Field 7 of the model, then 1, 5 and 6 again and again.
    let field = |level: usize| if level == 0 { 7 } else { fields[(level - 1) % 3 + 1] };
    let inner = (0..depth - 1)
        .rev()
        .fold(Message::new(), |inner, level| Message::new().message(field(level), &inner));
    inner.0
}

#[test]
fn nesting_has_a_limit() {
    // The innermost is an attribute or a graph or a node, empty.
    for depth in [2, 3, 5, 62, 64] {
        let result = read_bytes(&nested(depth));
        assert!(!matches!(result, Err(Error::TooDeep { .. })), "{depth}: {result:?}");
    }
    for depth in [65, 66, 500, 5000] {
        let error = read_bytes(&nested(depth)).expect_err("too deep");
        assert!(matches!(error, Error::TooDeep { limit: 64, .. }), "{error}");
    }
}

#[test]
fn a_file_of_empty_messages_cannot_take_gigabytes() {
    // Two bytes for each node, which takes about two hundred in memory.
    let graph = Message([0x0a, 0].repeat(2_000_000));
    let error = read_bytes(&Message::new().message(7, &graph).0).expect_err("too much");
    assert!(matches!(error, Error::TooMuch { .. }), "{error}");
    assert!(error.to_string().contains("128 MiB"), "{error}");
    // The same with attributes of one node.
    let node = Message([0x2a, 0].repeat(2_000_000));
    let graph = Message::new().message(1, &node);
    let error = read_bytes(&Message::new().message(7, &graph).0).expect_err("too much");
    assert!(matches!(error, Error::TooMuch { .. }), "{error}");
}

#[test]
fn a_hundred_thousand_nodes_pass() {
    let node = Message::new()
        .bytes(1, "/features/features.1/Relu_output_0")
        .bytes(2, "/features/features.2/Relu_output_0")
        .bytes(3, "/features/features.2/Relu")
        .bytes(4, "Relu")
        .message(5, &Message::new().bytes(1, "axis").int(3, 1).int(20, 2));
    let graph = Message(Message::new().message(1, &node).0.repeat(100_000));
    let model = read_bytes(&Message::new().message(7, &graph).0).expect("a large network");
    assert_eq!(model.graph.nodes.len(), 100_000);
}

#[test]
fn a_long_list_of_small_integers_passes() {
    // One byte for each here, eight there: more than 128 MiB.
    let message = tensor(ElementType::I64, &[18 << 20]).bytes(7, vec![1; 18 << 20]);
    let (tensor, source) = constant(&message).expect("18 million integers");
    let Data::I64(list) = numbers(&tensor, &source, None).expect("listed").data else {
        panic!("another kind")
    };
    assert_eq!(list.len(), 18 << 20);
}
