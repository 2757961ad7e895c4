/*
 * The interpreter offers a whole inference only. Here each operator is one step: its registration is handed to the
 * interpreter with our own `prepare`, which notes the node in passing; a step then calls the kernel's own `invoke`.
 */
#include "sk_tflm.h"

#include <new>

#include "sk_tflm_operators.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"

#ifndef SK_MAX_STEPS
#define SK_MAX_STEPS 256
#endif

namespace {

struct Step {
    TfLiteNode* node;
    TfLiteStatus (*invoke)(TfLiteContext* context, TfLiteNode* node);
};

struct Operator {
    const TFLMRegistration* own;
    TFLMRegistration watched;
};

constexpr size_t kAlignment = 16;

Step steps[SK_MAX_STEPS];
size_t used_bytes;
uint16_t prepared;
Operator operators[kSkTflmOperatorsMax];
unsigned operator_count;
const tflite::SubGraph* graph;
const tflite::Model* model;
TfLiteContext* context;
tflite::MicroAllocator* allocator;

const TFLMRegistration* own_registration(uint16_t step)
{
    const auto* code = model->operator_codes()->Get(graph->operators()->Get(step)->opcode_index());
    for (unsigned i = 0; i < operator_count; i++) {
        if (operators[i].own->builtin_code == code->builtin_code()) {
            return operators[i].own;
        }
    }
    return nullptr;
}

/* Called for each operator in the order of the .tflite. */
TfLiteStatus note_and_prepare(TfLiteContext* its_context, TfLiteNode* node)
{
    const TFLMRegistration* own = prepared < SK_MAX_STEPS ? own_registration(prepared) : nullptr;
    if (own == nullptr) {
        return kTfLiteError;
    }
    context = its_context;
    steps[prepared++] = {node, own->invoke};
    return own->prepare != nullptr ? own->prepare(its_context, node) : kTfLiteOk;
}

class WatchingResolver : public tflite::MicroOpResolver {
   public:
    explicit WatchingResolver(const tflite::MicroOpResolver& inner) : inner_(inner) {}

    const TFLMRegistration* FindOp(tflite::BuiltinOperator op) const override
    {
        const TFLMRegistration* own = inner_.FindOp(op);
        if (own == nullptr) {
            return nullptr;
        }
        for (unsigned i = 0; i < operator_count; i++) {
            if (operators[i].own == own) {
                return &operators[i].watched;
            }
        }
        if (operator_count == kSkTflmOperatorsMax) {
            return nullptr;
        }
        Operator& added = operators[operator_count++];
        added.own = own;
        added.watched = *own;
        added.watched.prepare = note_and_prepare;
        return &added.watched;
    }

    const TFLMRegistration* FindOp(const char* op) const override { return inner_.FindOp(op); }

    tflite::TfLiteBridgeBuiltinParseFunction GetOpDataParser(tflite::BuiltinOperator op) const override
    {
        return inner_.GetOpDataParser(op);
    }

   private:
    const tflite::MicroOpResolver& inner_;
};

/* No constructor may run before main(): the board's start-up need not call any. */
template <typename T>
struct Storage {
    alignas(T) unsigned char bytes[sizeof(T)];
};

Storage<SkTflmResolver> resolver_storage;
Storage<WatchingResolver> watching_storage;
Storage<tflite::MicroInterpreter> interpreter_storage;

}  // namespace

sk_tflm_status_t sk_tflm_init(size_t arena_size)
{
    prepared = 0;
    operator_count = 0;
    model = tflite::GetModel(sk_tflm_data);
    if (model->version() != TFLITE_SCHEMA_VERSION || model->subgraphs()->size() != 1) {
        return SK_TFLM_WRONG_MODEL;
    }
    graph = model->subgraphs()->Get(0);
    auto* resolver = new (resolver_storage.bytes) SkTflmResolver();
    if (sk_tflm_register(*resolver) != kTfLiteOk) {
        return SK_TFLM_UNKNOWN_OPERATORS;
    }
    auto* watching = new (watching_storage.bytes) WatchingResolver(*resolver);
    allocator = tflite::MicroAllocator::Create(sk_tflm_arena, arena_size);
    if (allocator == nullptr) {
        return SK_TFLM_ARENA_TOO_SMALL;
    }
    auto* interpreter = new (interpreter_storage.bytes) tflite::MicroInterpreter(model, *watching, allocator);
    if (interpreter->AllocateTensors() != kTfLiteOk) {
        return SK_TFLM_ARENA_TOO_SMALL;
    }
    if (prepared != sk_tflm_model.step_count) {
        return SK_TFLM_UNKNOWN_OPERATORS;
    }
    for (uint16_t layer = 0; layer < sk_tflm_model.layer_count; layer++) {
        const TfLiteIntArray* outputs = steps[sk_tflm_layers[layer].step].node->outputs;
        const TfLiteEvalTensor* tensor = context->GetEvalTensor(context, outputs->data[0]);
        sk_tflm_layers[layer].output = static_cast<const int8_t*>(tensor->data.data);
    }
    sk_tflm_model.input = interpreter->input(0)->data.int8;
    sk_tflm_model.output = interpreter->output(0)->data.int8;
    sk_tflm_model.arena_bytes = arena_size;
    used_bytes = interpreter->arena_used_bytes();
    return SK_TFLM_READY;
}

sk_tflm_status_t sk_tflm_init_smallest(void)
{
    size_t enough = sk_tflm_arena_size;
    sk_tflm_status_t status = sk_tflm_init(enough);
    if (status != SK_TFLM_READY) {
        return status;
    }
    size_t too_few = used_bytes < kAlignment ? 0 : (used_bytes - 1) / kAlignment * kAlignment;
    while (enough - too_few > kAlignment) {
        size_t middle = (too_few + (enough - too_few) / 2) / kAlignment * kAlignment;
        if (sk_tflm_init(middle) == SK_TFLM_READY) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    return sk_tflm_init(enough);
}

void sk_tflm_step(uint16_t step)
{
    (void)steps[step].invoke(context, steps[step].node);
    (void)allocator->ResetTempAllocations(); /* as the interpreter does after each operator */
}
