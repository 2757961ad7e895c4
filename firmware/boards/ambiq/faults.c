/*
 * Puts the runtime's fault handler into the SDK's vector table. The SDK's other three names are weak aliases of its own
 * HardFault_Handler, not of ours, so each has to be defined. The watchdog's interrupt ends there too.
 */
void sk_fault_entry(void);
void HardFault_Handler(void);
void MemManage_Handler(void);
void BusFault_Handler(void);
void UsageFault_Handler(void);
void am_watchdog_isr(void);

/* Plain jumps: sk_fault_entry reads LR and the stack as the CPU left them. */
__attribute__((naked)) void HardFault_Handler(void)
{
    __asm__ volatile("b sk_fault_entry");
}

__attribute__((naked)) void MemManage_Handler(void)
{
    __asm__ volatile("b sk_fault_entry");
}

__attribute__((naked)) void BusFault_Handler(void)
{
    __asm__ volatile("b sk_fault_entry");
}

__attribute__((naked)) void UsageFault_Handler(void)
{
    __asm__ volatile("b sk_fault_entry");
}

__attribute__((naked)) void am_watchdog_isr(void)
{
    __asm__ volatile("b sk_fault_entry");
}
