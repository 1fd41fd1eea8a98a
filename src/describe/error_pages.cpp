#include "mlsysim/describe/diagnostic.hpp"

namespace mlsysim {
namespace {

constexpr ErrorPage pages[] = {
    {101, "the file cannot be read", "It does not exist, or you may not read it.", "mlsysim eval missing.yaml", "mlsysim eval scenarios/textbook/chatbot.yaml"},
    {102, "not a regular file", "A scenario is one YAML file. Directories, pipes and devices are not read.", "mlsysim eval scenarios", "mlsysim eval scenarios/textbook/chatbot.yaml"},
    {103, "the file is too large", "mlsysim reads files up to 8 MiB; a scenario has a few kilobytes.", "", ""},
    {106, "something is missing", "A field without which nothing can be computed was left out. Optional fields have a documented default, and every default which is used is listed in the result.",
     "workload: {phase: decode}", "workload: {model: Llama 3.1 8B, phase: decode}"},
    {107, "unknown key", "A key which mlsysim does not know is never ignored: it is usually a slip of the pen, and ignoring it would answer another question than yours.",
     "workload: {model: resnet50, phase: inference, batchsize: 4}", "workload: {model: resnet50, phase: inference, batch: 4}"},
    {108, "a key is given twice", "YAML readers keep one of the two in silence. mlsysim asks which one is meant.", "batch: 4\nbatch: 8", "batch: 8"},
    {109, "no value", "A key or a list item without a value.", "batch:", "batch: 8"},
    {110, "not YAML", "The text cannot be read as YAML: usually an indentation, a missing colon, or a bracket or quote which is never closed.", "workload: [1, 2", "workload: [1, 2]"},
    {111, "anchors, aliases and merge keys are not read", "They hide where a value comes from, and a few lines of them can stand for billions of values.", "a: &x 1\nb: *x", "a: 1\nb: 1"},
    {112, "one plain document per file", "Directives (%), a second document (---) and the end mark (...) are not read: text behind them would be ignored in silence.", "a: 1\n---\nb: 2", "a: 1\nb: 2"},
    {113, "tags are not read", "The field says of which type its value is; a tag could only contradict it.", "batch: !!str 4", "batch: 4"},
    {114, "nested too deep", "No mlsysim file needs more than 64 levels; deeper nesting is an accident or an attack.", "", ""},
    {115, "too many values", "No mlsysim file needs 400,000 values.", "", ""},
    {116, "a key must be a word", "Lists and maps cannot be keys.", "[a, b]: 1", "a: 1"},
    {117, "encoding", "mlsysim reads UTF-8 without a byte-order mark: the mark would hide in the first key.", "", ""},
    {118, "not text", "The file holds bytes which no YAML text has.", "", ""},
    {119, "tab in the indentation", "YAML indents with blanks; editors show tabs in different widths, so nesting would depend on the editor.", "workload:\n\tbatch: 4", "workload:\n  batch: 4"},
    {120, "the file is empty", "There is nothing to evaluate.", "", ""},
    {121, "wrong shape", "A map was expected where one value stands, or the reverse, or a list.", "workload: 4", "workload: {model: resnet50, phase: inference}"},
    {130, "not a number", "Numbers are decimal: 12, 1.5, 2e9. Hexadecimal and digit separators are not read.", "batch: 1_000", "batch: 1000"},
    {131, "not a finite number", "Infinity, NaN and numbers outside of double precision mean nothing here.", "batch: .inf", "batch: 8"},
    {132, "out of range", "The value contradicts what the field means (a negative power, a PUE below 1), or exceeds anything that exists: usually a slip of the prefix.", "pue: 0.9", "pue: 1.1"},
    {133, "not a whole number", "Layers, devices, batches and tokens per sequence are counted.", "batch: 2.5", "batch: 3"},
    {134, "a number in quotes", "Quotes make it a text.", "batch: \"8\"", "batch: 8"},
    {140, "no unit", "A number with a dimension always carries its unit: 80 alone could be GB or GiB, 400 could be Gbit/s or GB/s.", "bandwidth: 3.35e12", "bandwidth: 3.35 TB/s"},
    {141, "wrong dimension", "The unit measures something else than the field: a compute rate is not a bandwidth, an amount is not a rate.", "bandwidth: 989 TFLOP/s", "bandwidth: 3.35 TB/s"},
    {142, "bits and bytes", "Ports, buses and pins are sold in bits; memories and transfers are counted in bytes. One is eight times the other, so a field accepts only its own.",
     "bandwidth: 400 Gb/s", "bandwidth: 50 GB/s"},
    {143, "MAC and FLOP", "A multiply-accumulate is two floating-point operations. Sources call either an operation; mlsysim counts FLOP.", "forward_work: 4.1 GMAC", "forward_work: 8.2 GFLOP"},
    {144, "unknown unit", "Units are written as in data sheets, case matters: kB, MB, GiB, TB/s, TFLOP/s, W, kWh, USD/h, gCO2e/kWh, token/s. `mlsysim help units` lists them.", "80 Gb of memory", "80 GB"},
    {145, "a unit where none belongs", "The field is a count or a ratio.", "batch: 8 GB", "batch: 8"},
    {150, "not one of the choices", "The field accepts a few words only.", "phase: trainning", "phase: training"},
    {151, "not true or false", "yes, no, on and off are words here, as country codes show (no = Norway).", "gated: yes", "gated: true"},
    {160, "unknown name", "Nothing in the registry has this name. mlsysim never puts something similar in its place: the answer would be about another machine.", "device: H1000", "device: H100"},
    {161, "a circle", "Entries which name each other have no end.", "", ""},
    {162, "an override changes nothing", "Its path must start where the scenario names a registry entry and lead to one field of it.", "overrides: {system.device.bandwidht: 4 TB/s}",
     "overrides: {system.device.memory.hbm.bandwidth: 4 TB/s}"},
    {163, "no source", "Every number of the registry says where it was read.", "", ""},
    {164, "unknown source", "The source key is in no file of registry/sources/.", "", ""},
    {165, "two entries with one name", "Ids and aliases are unique, or a name would mean two things.", "", ""},
    {201, "which system?", "A scenario names exactly one of device, node and fleet.", "system: {}", "system: {device: H100}"},
    {202, "the phase needs more", "Serving needs prompt and output lengths, training a global batch and, for language models, a sequence length.", "phase: serving", "phase: serving\n  prompt: 1024\n  output: 256"},
    {203, "the plan does not fit the machine", "tensor * pipeline * data * expert * context must be the number of devices, and every degree must divide what it divides.",
     "parallel: {tensor: 3}", "parallel: {tensor: 4}"},
    {204, "an assertion names no metric", "`mlsysim eval FILE --format csv` lists the paths of all metrics.", "assert: [{metric: performance.mfux, at_least: 0.4}]",
     "assert: [{metric: performance.mfu, at_least: 0.4}]"},
    {205, "an assertion has no usable limit", "at_least or at_most, with a unit of the metric's dimension.", "assert: [{metric: performance.latency, at_most: 5 GB}]",
     "assert: [{metric: performance.latency, at_most: 5 ms}]"},
    {206, "the model does not suit the phase", "Only language models are prefilled, decoded or served token by token.", "model: resnet50, phase: decode", "model: resnet50, phase: inference"},
    {207, "one architecture", "A model is exactly one of transformer, layered, recommender and state_space.", "model: {name: mine}", "model: {layered: …}"},
    {208, "cannot be evaluated", "The scenario is well-formed, but the hardware lacks something without which no number exists, for example a peak or a memory bandwidth.", "", ""},
    {301, "cannot write", "The output file cannot be written. Files are written whole or not at all.", "", ""},
    {302, "unknown name", "No entry of any kind has this name.", "mlsysim show H1000", "mlsysim show H100"},
    {303, "wrong usage", "The command line cannot be understood.", "mlsysim eval", "mlsysim eval scenarios/textbook/chatbot.yaml"},
};

}  // namespace

std::span<const ErrorPage> error_pages() { return pages; }

}  // namespace mlsysim
